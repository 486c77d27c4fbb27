package io.nngeometry.models;

import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A multilayer perceptron: linear layers {@code fc1}, {@code fc2}, … with rectifiers between them.
 * Inputs (n, ...) are flattened to (n, first width); outputs are (n, last width).
 */
public final class Mlp extends Module {
  private final List<Linear> layers = new ArrayList<>();

  /**
   * A perceptron with biases.
   *
   * @param widths number of inputs, of each layer's hidden units, and of outputs; at least two
   */
  public Mlp(long... widths) {
    if (widths.length < 2) {
      throw new IllegalArgumentException(
          "a perceptron needs the number of inputs and of outputs, got " + Arrays.toString(widths));
    }
    for (int k = 1; k < widths.length; k++) {
      layers.add(register("fc" + k, new Linear(widths[k - 1], widths[k])));
    }
  }

  @Override
  public Tensor forward(Tensor x) {
    Tensor h = layers.get(0).forward(x.flatten(1, -1));
    for (Linear layer : layers.subList(1, layers.size())) {
      h = layer.forward(torch.relu(h));
    }
    return h;
  }
}
