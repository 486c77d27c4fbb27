package io.nngeometry.nn;

import io.nngeometry.engine.Normalisation;
import io.nngeometry.layers.AffineRule;
import org.bytedeco.pytorch.Tensor;
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
    return Normalisation.rootMeanSquare(x, normalizedShape, weightValue(), eps);
  }

  @Override
  Tensor normalise(Tensor x) {
    return Normalisation.rootMeanSquare(x, normalizedShape, null, eps);
  }
}
