package io.nngeometry.layers;

import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * A lookup table (V, E): a linear map whose inputs are one-hot and index the rows of the weight.
 */
public final class EmbeddingRule extends LinearMapRule {
  private final long paddingIndex;

  /**
   * @param weight the table, (V, E)
   * @param paddingIndex the row that is never trained, or a negative number for none
   */
  public EmbeddingRule(Parameter weight, long paddingIndex) {
    super(weight, null, new MatrixLayout(1, weight.shape()[0], weight.shape()[1], false, 0));
    this.paddingIndex = paddingIndex;
  }

  @Override
  protected boolean inputIsLeft() {
    return true;
  }

  @Override
  protected Tensor inputFactor(Tensor input, boolean ones) {
    Tensor index = input.reshape(input.size(0), 1, -1, 1);
    long[] shape = {index.size(0), 1, index.size(2), layout().rows()};
    Tensor oneHot = Tensors.zeros(weight().tensor(), shape);
    oneHot.scatter_(3, index, Tensors.scalar(1));
    if (paddingIndex >= 0) {
      oneHot.select(3, paddingIndex).zero_();
    }
    return oneHot;
  }

  @Override
  protected Tensor signalFactor(Tensor outputGradient) {
    return outputGradient.reshape(outputGradient.size(0), 1, -1, outputGradient.size(-1));
  }
}
