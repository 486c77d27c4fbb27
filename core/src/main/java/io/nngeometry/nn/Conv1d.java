package io.nngeometry.nn;

/** A convolution over 1 spatial axis. */
public final class Conv1d extends Conv {
  /** A layer with the given options. */
  public Conv1d(ConvOptions options) {
    super(options, 1);
  }

  /** Stride 1, no padding, with a bias. */
  public Conv1d(long in, long out, long... kernel) {
    this(ConvOptions.of(in, out, kernel));
  }
}
