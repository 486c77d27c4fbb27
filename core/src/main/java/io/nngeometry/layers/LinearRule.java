package io.nngeometry.layers;

import io.nngeometry.engine.Affine;
import io.nngeometry.engine.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A dense layer on the last axis; every axis between the first and the last is one of positions.
 */
public final class LinearRule extends LinearMapRule {
  /** The rule of weights (out, in) and an optional bias (out). */
  public LinearRule(Parameter weight, @Nullable Parameter bias) {
    super(weight, bias, new MatrixLayout(1, weight.shape()[0], weight.shape()[1], bias != null, 0));
  }

  @Override
  protected Tensor inputFactor(Tensor input, boolean ones) {
    Tensor a = byPosition(input);
    if (!ones) {
      return a;
    }
    Tensor one = torch.ones(new long[] {a.size(0), 1, a.size(2), 1}, Tensors.options(a));
    return Tensors.cat(List.of(a, one), 3);
  }

  @Override
  protected Tensor signalFactor(Tensor outputGradient) {
    return byPosition(outputGradient);
  }

  @Override
  protected Tensor map(LayerUse use, Tensor weights, @Nullable Tensor shift) {
    return Affine.forward(use.input(), weights, shift);
  }

  /** (n, ..., features) to (n, 1, positions, features). */
  static Tensor byPosition(Tensor t) {
    return t.reshape(t.size(0), 1, -1, t.size(-1));
  }
}
