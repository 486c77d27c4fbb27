package io.nngeometry.layers;

import io.nngeometry.engine.Tensors;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

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
  protected Optional<Tensor> hot(Tensor input) {
    Tensor index = input.reshape(input.size(0), -1);
    return Optional.of(
        paddingIndex < 0
            ? index
            : index.masked_fill(index.eq(new Scalar(paddingIndex)), new Scalar(-1)));
  }

  @Override
  protected Tensor inputFactor(Tensor input, boolean ones) {
    Tensor index = hot(input).orElseThrow().unsqueeze(1).unsqueeze(3);
    long[] shape = {index.size(0), 1, index.size(2), layout().rows()};
    Tensor any = index.ge(new Scalar(0)).to(Tensors.type(weight().tensor()));
    return Tensors.zeros(weight().tensor(), shape).scatter_(3, index.clamp_min(new Scalar(0)), any);
  }

  @Override
  protected Tensor map(LayerUse use, Tensor weights, @Nullable Tensor shift) {
    Tensor index = use.input();
    Tensor rows = torch.embedding(weights, index, paddingIndex, false, false);
    return paddingIndex < 0
        ? rows
        : rows.masked_fill(index.eq(new Scalar(paddingIndex)).unsqueeze(-1), new Scalar(0));
  }

  @Override
  protected Tensor signalFactor(Tensor outputGradient) {
    return outputGradient.reshape(outputGradient.size(0), 1, -1, outputGradient.size(-1));
  }
}
