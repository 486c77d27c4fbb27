package io.nngeometry.nn;

/** A transposed convolution over 3 spatial axes. */
public final class ConvTranspose3d extends ConvTranspose {
  /** A layer with the given options. */
  public ConvTranspose3d(ConvOptions options) {
    super(options, 3);
  }

  /** Stride 1, no padding, with a bias. */
  public ConvTranspose3d(long in, long out, long... kernel) {
    this(ConvOptions.of(in, out, kernel));
  }
}
