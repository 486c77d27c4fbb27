package io.nngeometry.cli.inspect;

import io.nngeometry.engine.Scope;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.Recording;
import io.nngeometry.layers.UncoveredParameterException;
import io.nngeometry.nn.Module;
import java.util.HashSet;
import java.util.Set;

/** Finds out by running the network which of its parameters no rule covers. */
final class Coverage {
  private Coverage() {}

  /**
   * Full names of the parameters that no rule covers.
   *
   * @param probe what the network takes
   */
  static Set<String> missing(Module net, LayerCollection layers, Probe probe) {
    Set<String> missing = new HashSet<>();
    LayerCollection covered = layers;
    while (true) {
      try (Scope scope = Scope.open();
          Recording recording = Recording.begin(covered, false)) {
        net.forward(probe.one(net));
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
