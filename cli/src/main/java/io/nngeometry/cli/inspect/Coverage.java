package io.nngeometry.cli.inspect;

import io.nngeometry.engine.Scope;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.LayerInputs;
import io.nngeometry.layers.LayerSizes;
import io.nngeometry.layers.Model;
import io.nngeometry.layers.Recording;
import io.nngeometry.layers.UncoveredParameterException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** Finds out by running the network which of its parameters no rule covers. */
final class Coverage {
  private Coverage() {}

  /**
   * Full names of the parameters that no rule covers.
   *
   * @param inputs one example
   */
  static Set<String> missing(Model net, LayerCollection layers, List<Tensor> inputs) {
    Set<String> missing = new HashSet<>();
    LayerCollection covered = layers;
    while (true) {
      try (Scope scope = Scope.open();
          Recording recording = Recording.begin(covered, false)) {
        net.forward(inputs.toArray(Tensor[]::new));
        return missing;
      } catch (UncoveredParameterException e) {
        // the pass stops at the first: leave it out and look for the next
        missing.addAll(e.parameters());
        if (missing.size() == layers.slots().size()) {
          return missing;
        }
        covered = covered.whereParameter(name -> !missing.contains(name));
      }
    }
  }

  /**
   * The convolutions, by id, and whether the second moment of their inputs, which KFAC needs, is
   * found without unfolding them.
   *
   * @param covered layers that rules cover
   */
  static Map<String, Boolean> patchless(Model net, LayerCollection covered, List<Tensor> inputs) {
    Map<String, Boolean> found = new HashMap<>();
    try (Scope scope = Scope.open();
        Recording recording = Recording.begin(covered, false)) {
      net.forward(inputs.toArray(Tensor[]::new));
      for (LayerInputs in : LayerInputs.of(covered, recording)) {
        LayerSizes sizes = in.sizes();
        if (sizes.outer() && in.layer().kind().startsWith("Conv")) {
          found.put(in.layer().id(), sizes.patchless());
        }
      }
    }
    return found;
  }
}
