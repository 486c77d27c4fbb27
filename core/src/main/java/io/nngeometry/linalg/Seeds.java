package io.nngeometry.linalg;

/** Seeds of many independent draws from one. */
final class Seeds {
  private Seeds() {}

  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  /** The k-th of {@code seed}, from -1: SplitMix64 (Steele, Lea and Flood 2014). */
  static long of(long seed, long k) {
    return mixed(mixed(seed + GOLDEN) + (k + 2) * GOLDEN);
  }

  private static long mixed(long x) {
    long z = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
