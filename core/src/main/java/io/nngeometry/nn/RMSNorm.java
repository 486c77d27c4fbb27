package io.nngeometry.nn;

import io.nngeometry.layers.AffineRule;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** weight * x / sqrt(mean(x^2) + eps), the mean over the last axes (Zhang &amp; Sennrich 2019). */
public final class RMSNorm extends AffineLayer {
  private final long[] normalizedShape;
  private final @Nullable Double eps;

  /** eps is the machine epsilon of the input's dtype; with scale. */
  public RMSNorm(long... normalizedShape) {
    this(normalizedShape, null, true);
  }

  /**
   * @param normalizedShape sizes of the last axes
   * @param eps added to the mean square; null for the machine epsilon of the input's dtype
   * @param affine whether there is a scale
   */
  public RMSNorm(long[] normalizedShape, @Nullable Double eps, boolean affine) {
    super(AffineRule.Axes.TRAILING, affine, false, normalizedShape);
    this.normalizedShape = normalizedShape.clone();
    this.eps = eps;
  }

  @Override
  protected Tensor compute(Tensor x) {
    Inputs.trailing(kind(), x, normalizedShape);
    return torch.rms_norm(x, normalizedShape, weightValue(), epsilon());
  }

  @Override
  Tensor normalise(Tensor x) {
    return torch.rms_norm(x, normalizedShape, new TensorOptional(), epsilon());
  }

  private DoubleOptional epsilon() {
    return eps == null ? new DoubleOptional() : new DoubleOptional(eps);
  }
}
