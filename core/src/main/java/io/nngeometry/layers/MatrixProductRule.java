package io.nngeometry.layers;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * The product x W on the last axis with a weight stored as (in, out): a linear map whose matrix is
 * the transposed weight. Every axis between the first and the last is one of positions.
 */
public final class MatrixProductRule extends LinearMapRule {
  /** The rule of a weight (in, out). */
  public MatrixProductRule(Parameter weight) {
    super(weight, null, new MatrixLayout(1, weight.shape()[1], weight.shape()[0], false, 1));
  }

  @Override
  protected Tensor inputFactor(Tensor input, boolean ones) {
    return LinearRule.byPosition(input);
  }

  @Override
  protected Tensor map(LayerUse use, Tensor weights, @Nullable Tensor shift) {
    return torch.matmul(use.input(), weights);
  }

  @Override
  protected Tensor signalFactor(Tensor outputGradient) {
    return LinearRule.byPosition(outputGradient);
  }
}
