package io.nngeometry.layers;

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

  /** Whether somebody has overwritten the input or the output since. */
  boolean modified() {
    return input._version() != inputVersion || output._version() != outputVersion;
  }
}
