package io.nngeometry.cli.inspect;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.Recording;
import io.nngeometry.layers.UncoveredParameterException;
import io.nngeometry.nn.Module;
import java.util.HashSet;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Finds out by running the network which of its parameters no rule covers. */
final class Coverage {
  private Coverage() {}

  /**
   * Full names of the parameters that no rule covers.
   *
   * @param input shape of one example
   */
  static Set<String> missing(Module net, LayerCollection layers, long... input) {
    long[] batch = new long[input.length + 1];
    batch[0] = 1;
    System.arraycopy(input, 0, batch, 1, input.length);
    Set<String> missing = new HashSet<>();
    LayerCollection covered = layers;
    while (true) {
      try (Scope scope = Scope.open();
          Recording recording = Recording.begin(covered, false)) {
        Tensor like = layers.slots().get(0).parameter().tensor();
        net.forward(torch.zeros(batch, Tensors.options(like)));
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
