package io.nngeometry.cli.compare;

import java.util.function.Supplier;

/** Wall time. */
public final class Stopwatch {
  private static final double NANOS = 1e9;
  private static final int REPEATS = 3;
  private static final double LONG_SECONDS = 1.5;

  private final long started = System.nanoTime();

  private Stopwatch() {}

  /** Starts one. */
  public static Stopwatch start() {
    return new Stopwatch();
  }

  /** Seconds since the start. */
  public double seconds() {
    return (System.nanoTime() - started) / NANOS;
  }

  /**
   * The least time that {@code work} took in up to three runs: what it costs where nothing else
   * interferes. Long work is run once.
   */
  static double leastOf(Supplier<? extends AutoCloseable> work) {
    double least = Double.POSITIVE_INFINITY;
    Stopwatch all = start();
    for (int k = 0; k < REPEATS && (k == 0 || all.seconds() < LONG_SECONDS); k++) {
      Stopwatch one = start();
      AutoCloseable result = work.get();
      least = Math.min(least, one.seconds());
      close(result);
    }
    return least;
  }

  private static void close(AutoCloseable result) {
    try {
      result.close();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
