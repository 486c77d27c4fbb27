package io.nngeometry.layers;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * One use of a layer in a recorded forward pass.
 *
 * @param layer the layer
 * @param input what it saw, (n, ...)
 * @param output what it gave, (n, ...), a node of the autograd graph
 * @param inputVersion libtorch's modification count of the input when it was recorded
 * @param outputVersion the same of the output
 */
public record LayerUse(
    ParametricLayer layer, Tensor input, Tensor output, long inputVersion, long outputVersion) {

  LayerUse(ParametricLayer layer, Tensor input, Tensor output) {
    this(layer, input, output, input._version(), output._version());
  }

  /** Number of examples. */
  public long examples() {
    return output.size(0);
  }

  /**
   * The same with tensors of its own, which outlive every scope and must be closed; of the output
   * only the shape.
   */
  public LayerUse held() {
    Tensor shape = Scope.keeping(() -> Tensors.zeros(output, 1).expand(Tensors.shape(output)));
    return new LayerUse(layer, Scope.detach(Scope.keeping(input::detach)), Scope.detach(shape));
  }

  /** Closes what {@link #held} holds. */
  public void release() {
    input.close();
    output.close();
  }

  /** Whether somebody has overwritten the input or the output since. */
  boolean modified() {
    return input._version() != inputVersion || output._version() != outputVersion;
  }
}
