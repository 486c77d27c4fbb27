package io.nngeometry.nn;

/** Instance normalisation of volumes (n, channels, depth, height, width). */
public final class InstanceNorm3d extends InstanceNorm {
  /** eps 1e-5, without scale and shift: a layer that has no parameters. */
  public InstanceNorm3d(long features) {
    this(features, EPS, false);
  }

  /**
   * @param features number of channels
   * @param eps added to the variance
   * @param affine whether there are scale and shift
   */
  public InstanceNorm3d(long features, double eps, boolean affine) {
    super(5, features, eps, affine);
  }
}
