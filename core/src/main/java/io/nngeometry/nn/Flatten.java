package io.nngeometry.nn;

import org.bytedeco.pytorch.Tensor;

/** Joins axes: by default all after the batch, (n, ...) to (n, features). */
public final class Flatten extends Module {
  private final long start;
  private final long end;

  /** All axes after the batch. */
  public Flatten() {
    this(1, -1);
  }

  /** Axes {@code start} to {@code end}, both included; negative ones count from the end. */
  public Flatten(long start, long end) {
    this.start = start;
    this.end = end;
  }

  @Override
  public Tensor forward(Tensor x) {
    return x.flatten(start, end);
  }
}
