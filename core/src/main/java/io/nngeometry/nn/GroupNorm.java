package io.nngeometry.nn;

import io.nngeometry.engine.Normalisation;
import io.nngeometry.layers.AffineRule;
import org.bytedeco.pytorch.Tensor;

/** Normalisation over groups of channels of each example (Wu &amp; He 2018). */
public final class GroupNorm extends AffineLayer {
  private static final double EPS = 1e-5;

  private final long groups;
  private final long channels;
  private final double eps;

  /** eps 1e-5, with scale and shift. */
  public GroupNorm(long groups, long channels) {
    this(groups, channels, EPS, true);
  }

  /**
   * @param groups number of groups; must divide the channels
   * @param channels size of axis 1
   * @param eps added to the variance
   * @param affine whether there are a scale and a shift per channel
   */
  public GroupNorm(long groups, long channels, double eps, boolean affine) {
    super(AffineRule.Axes.CHANNELS, affine, affine, channels);
    if (groups < 1 || channels % groups != 0) {
      throw new IllegalArgumentException(
          "groups = %d must divide the channels %d".formatted(groups, channels));
    }
    this.groups = groups;
    this.channels = channels;
    this.eps = eps;
  }

  @Override
  protected Tensor compute(Tensor x) {
    Inputs.channels(kind(), x, 2, Integer.MAX_VALUE, channels);
    return Normalisation.group(x, groups, weightValue(), biasValue(), eps);
  }

  @Override
  Tensor normalise(Tensor x) {
    return Normalisation.group(x, groups, null, null, eps);
  }
}
