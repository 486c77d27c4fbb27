package io.nngeometry.nn;

/** Batch normalisation of images (n, channels, height, width). */
public final class BatchNorm2d extends BatchNorm {
  /** eps 1e-5, momentum 0.1, with scale and shift. */
  public BatchNorm2d(long features) {
    this(features, EPS, MOMENTUM, true);
  }

  /**
   * @param features number of channels
   * @param eps added to the variance
   * @param momentum weight of a minibatch in the running statistics
   * @param affine whether there are scale and shift
   */
  public BatchNorm2d(long features, double eps, double momentum, boolean affine) {
    super(4, 4, features, eps, momentum, affine);
  }
}
