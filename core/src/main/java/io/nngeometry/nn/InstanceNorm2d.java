package io.nngeometry.nn;

/** Instance normalisation of images (n, channels, height, width). */
public final class InstanceNorm2d extends InstanceNorm {
  /** eps 1e-5, without scale and shift: a layer that has no parameters. */
  public InstanceNorm2d(long features) {
    this(features, EPS, false);
  }

  /**
   * @param features number of channels
   * @param eps added to the variance
   * @param affine whether there are scale and shift
   */
  public InstanceNorm2d(long features, double eps, boolean affine) {
    super(4, features, eps, affine);
  }
}
