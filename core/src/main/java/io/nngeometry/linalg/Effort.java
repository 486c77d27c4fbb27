package io.nngeometry.linalg;

/**
 * What an estimate may cost: a number of products, or as many as a relative standard error takes.
 * Whether a tolerance was reached, the estimate says: {@link Estimate#within}.
 *
 * @param tolerance relative standard error at which to stop; zero to spend all products
 * @param products operator applications at the most, each to one vector
 */
public record Effort(double tolerance, long products) {
  /** Checks its numbers. */
  public Effort {
    if (!(tolerance >= 0) || products < 1) {
      throw new IllegalArgumentException(
          "an estimate needs a tolerance of at least zero and a product or more, got %s and %d"
              .formatted(tolerance, products));
    }
  }

  /** So many products. */
  public static Effort products(long products) {
    return new Effort(0, products);
  }

  /** Until the standard error is within {@code tolerance} of the value, positive. */
  public static Effort within(double tolerance, long products) {
    if (!(tolerance > 0)) {
      throw new IllegalArgumentException("a tolerance must be positive, got " + tolerance);
    }
    return new Effort(tolerance, products);
  }

  /** Whether a look at the standard error may save products. */
  boolean adaptive() {
    return tolerance > 0;
  }

  /**
   * The number of samples at which to look next, on a ladder that does not depend on where a run
   * was stopped.
   */
  long target(long samples, long least, long limit) {
    long rung = adaptive() ? least : limit;
    while (rung <= samples && rung < limit) {
      rung += (rung + 1) / 2;
    }
    return Math.min(rung, limit);
  }

  /** Fails unless there are {@code least} products. */
  void require(long least, String who) {
    if (products < least) {
      throw new IllegalArgumentException(
          "%s needs %d products or more, got %d".formatted(who, least, products));
    }
  }
}
