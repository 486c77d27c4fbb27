package io.nngeometry.nn;

import io.nngeometry.engine.Normalisation;
import io.nngeometry.layers.AffineRule;
import org.bytedeco.pytorch.Tensor;

/** Normalisation of each position over the last axes (Ba, Kiros &amp; Hinton 2016). */
public final class LayerNorm extends AffineLayer {
  private static final double EPS = 1e-5;

  private final long[] normalizedShape;
  private final double eps;

  /** eps 1e-5, with scale and shift. */
  public LayerNorm(long... normalizedShape) {
    this(normalizedShape, EPS, true, true);
  }

  /**
   * @param normalizedShape sizes of the last axes
   * @param eps added to the variance
   * @param affine whether there is a scale
   * @param bias whether there is a shift too; it needs a scale
   */
  public LayerNorm(long[] normalizedShape, double eps, boolean affine, boolean bias) {
    super(AffineRule.Axes.TRAILING, affine, affine && bias, normalizedShape);
    this.normalizedShape = normalizedShape.clone();
    this.eps = eps;
  }

  @Override
  protected Tensor compute(Tensor x) {
    Inputs.trailing(kind(), x, normalizedShape);
    return Normalisation.layer(x, normalizedShape, weightValue(), biasValue(), eps);
  }

  @Override
  Tensor normalise(Tensor x) {
    return Normalisation.layer(x, normalizedShape, null, null, eps);
  }
}
