package io.nngeometry.nn;

/** A transposed convolution over 1 spatial axis. */
public final class ConvTranspose1d extends ConvTranspose {
  /** A layer with the given options. */
  public ConvTranspose1d(ConvOptions options) {
    super(options, 1);
  }

  /** Stride 1, no padding, with a bias. */
  public ConvTranspose1d(long in, long out, long... kernel) {
    this(ConvOptions.of(in, out, kernel));
  }
}
