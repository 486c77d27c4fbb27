package io.nngeometry.engine;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** The geometry of a transposed convolution over any number of spatial axes. */
public final class TransposedConvolution {
  private final long[] stride;
  private final long[] padding;
  private final long[] outputPadding;
  private final long[] dilation;
  private final long groups;

  /**
   * Arrays have one entry an axis.
   *
   * @param stride steps between the outputs of neighbouring inputs
   * @param padding cut off both sides of the output
   * @param outputPadding size added to one side of the output
   * @param dilation steps between kernel elements
   * @param groups independent groups of channels
   */
  public TransposedConvolution(
      long[] stride, long[] padding, long[] outputPadding, long[] dilation, long groups) {
    for (int k = 0; k < stride.length; k++) {
      if (outputPadding[k] >= Math.max(stride[k], dilation[k])) {
        throw new IllegalArgumentException(
            "output padding %d must be smaller than stride %d or dilation %d"
                .formatted(outputPadding[k], stride[k], dilation[k]));
      }
    }
    this.stride = stride.clone();
    this.padding = padding.clone();
    this.outputPadding = outputPadding.clone();
    this.dilation = dilation.clone();
    this.groups = groups;
  }

  /** Applies it to x (n, channels, ...) with weights (in, out / groups, kernel). */
  public Tensor forward(Tensor x, Tensor weight, @Nullable Tensor bias) {
    return torch.convolution(
        x, weight, Tensors.optional(bias), stride, padding, dilation, true, outputPadding, groups);
  }
}
