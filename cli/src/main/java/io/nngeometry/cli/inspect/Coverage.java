package io.nngeometry.cli.inspect;

import io.nngeometry.engine.Scope;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.Model;
import io.nngeometry.layers.Recording;
import io.nngeometry.layers.UncoveredParameterException;
import java.util.HashSet;
import java.util.List;
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
}
