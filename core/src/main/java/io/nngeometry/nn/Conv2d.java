package io.nngeometry.nn;

/** A convolution over 2 spatial axes. */
public final class Conv2d extends Conv {
  /** A layer with the given options. */
  public Conv2d(ConvOptions options) {
    super(options, 2);
  }

  /** Stride 1, no padding, with a bias. */
  public Conv2d(long in, long out, long... kernel) {
    this(ConvOptions.of(in, out, kernel));
  }
}
