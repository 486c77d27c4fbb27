package io.nngeometry.nn;

/** Instance normalisation of (n, channels, length). */
public final class InstanceNorm1d extends InstanceNorm {
  /** eps 1e-5, without scale and shift: a layer that has no parameters. */
  public InstanceNorm1d(long features) {
    this(features, EPS, false);
  }

  /**
   * @param features number of channels
   * @param eps added to the variance
   * @param affine whether there are scale and shift
   */
  public InstanceNorm1d(long features, double eps, boolean affine) {
    super(3, features, eps, affine);
  }
}
