package io.nngeometry.linalg;

/** Seeds of many independent draws from one. */
final class Seeds {
  private Seeds() {}

  /** The k-th of {@code seed}: SplitMix64 (Steele, Lea and Flood 2014). */
  static long of(long seed, long k) {
    long z = seed * 0x2545F4914F6CDD1DL + (k + 1) * 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
