package io.nngeometry.nn;

/** Batch normalisation of volumes (n, channels, depth, height, width). */
public final class BatchNorm3d extends BatchNorm {
  /** eps 1e-5, momentum 0.1, with scale and shift. */
  public BatchNorm3d(long features) {
    this(features, EPS, MOMENTUM, true);
  }

  /**
   * @param features number of channels
   * @param eps added to the variance
   * @param momentum weight of a minibatch in the running statistics
   * @param affine whether there are scale and shift
   */
  public BatchNorm3d(long features, double eps, double momentum, boolean affine) {
    super(5, 5, features, eps, momentum, affine);
  }
}
