package io.nngeometry.nn;

/** A convolution over 3 spatial axes. */
public final class Conv3d extends Conv {
  /** A layer with the given options. */
  public Conv3d(ConvOptions options) {
    super(options, 3);
  }

  /** Stride 1, no padding, with a bias. */
  public Conv3d(long in, long out, long... kernel) {
    this(ConvOptions.of(in, out, kernel));
  }
}
