package io.nngeometry.nn;

/** A transposed convolution over 2 spatial axes. */
public final class ConvTranspose2d extends ConvTranspose {
  /** A layer with the given options. */
  public ConvTranspose2d(ConvOptions options) {
    super(options, 2);
  }

  /** Stride 1, no padding, with a bias. */
  public ConvTranspose2d(long in, long out, long... kernel) {
    this(ConvOptions.of(in, out, kernel));
  }
}
