package io.nngeometry.nn;

import io.nngeometry.layers.AffineRule;
import io.nngeometry.layers.LayerRule;
import io.nngeometry.layers.Parameter;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** An elementwise affine map of a normalised input, gamma * xhat + beta; both may be absent. */
public abstract class AffineLayer extends LayerModule {
  private final @Nullable Parameter weight;
  private final @Nullable Parameter bias;
  private final AffineRule.Axes axes;

  AffineLayer(AffineRule.Axes axes, boolean scaled, boolean shifted, long... shape) {
    for (long size : shape) {
      Inputs.positive("a size", size);
    }
    this.axes = axes;
    weight = scaled ? register("weight", Init.ones(shape)) : null;
    bias = shifted ? register("bias", Init.zeros(shape)) : null;
  }

  /** The input before scale and shift, in evaluation mode. */
  abstract Tensor normalise(Tensor x);

  @Override
  protected LayerRule makeRule() {
    return new AffineRule(weight, bias, this::normalise, axes);
  }

  @Override
  protected void reset(long seed) {
    if (weight != null) {
      Init.constant(weight, 1);
    }
    if (bias != null) {
      Init.constant(bias, 0);
    }
  }

  final @Nullable Tensor weightValue() {
    return weight == null ? null : weight.value();
  }

  final @Nullable Tensor biasValue() {
    return bias == null ? null : bias.value();
  }

  /** gamma, or null. */
  public final @Nullable Parameter weight() {
    return weight;
  }

  /** beta, or null. */
  public final @Nullable Parameter bias() {
    return bias;
  }
}
