package io.nngeometry.layers;

import io.nngeometry.engine.Convolution;
import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A transposed convolution: the convolution, with a mirrored kernel, of its input spread out by the
 * stride and padded. Its positions are its output pixels.
 */
public final class TransposedConvolutionRule extends LinearMapRule {
  private final long[] stride;
  private final Convolution spread;

  /**
   * The rule of weights (in, out / groups, kernel) and an optional bias (out).
   *
   * @param stride how far the inputs are spread
   * @param spread the stride-1 convolution of the spread input, with its paddings
   */
  public TransposedConvolutionRule(
      Parameter weight, @Nullable Parameter bias, long[] stride, Convolution spread) {
    super(
        weight,
        bias,
        new MatrixLayout(
            spread.groups(),
            weight.shape()[1],
            weight.shape()[0] / spread.groups() * spread.kernelSize(),
            bias != null,
            spread.kernelSize()));
    this.stride = stride.clone();
    this.spread = spread;
  }

  @Override
  protected Tensor inputFactor(Tensor input, boolean ones) {
    int axes = spread.axes();
    long[] size = Tensors.shape(input);
    for (int k = 0; k < axes; k++) {
      size[2 + k] = (size[2 + k] - 1) * stride[k] + 1;
    }
    Tensor wide = Tensors.zeros(input, size);
    Tensor view = wide;
    long[] kernelAxes = new long[axes];
    for (int k = 0; k < axes; k++) {
      view = Tensors.slice(view, 2 + k, 0, size[2 + k], stride[k]);
      kernelAxes[k] = 2 + axes + k;
    }
    view.copy_(input);
    return ConvolutionRule.patches(spread.windows(wide).flip(kernelAxes), spread, ones);
  }

  @Override
  protected Tensor map(LayerUse use, Tensor weights, @Nullable Tensor shift) {
    MatrixLayout rows = layout().withoutBias();
    Tensor y =
        torch.matmul(
            inputFactor(use.input(), false), rows.toMatrix(weights.flatten()).transpose(-1, -2));
    Tensor image = y.transpose(2, 3).flatten(1, 2);
    if (shift != null) {
      image = image.add(shift.view(-1, 1));
    }
    return image.view_as(use.output());
  }

  @Override
  protected Tensor signalFactor(Tensor outputGradient) {
    return ConvolutionRule.byGroup(outputGradient, spread.groups());
  }
}
