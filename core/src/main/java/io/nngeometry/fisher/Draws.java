package io.nngeometry.fisher;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Random numbers that belong to an example, not to a way of batching: example i of the stream
 * always sees the same ones, so a Monte-Carlo matrix is the same however it is computed, and the
 * same at every use.
 *
 * @param seed the caller's seed
 * @param trial number of the draw
 * @param first index of the minibatch's first example
 */
public record Draws(long seed, int trial, long first) {
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  /** The generator of example {@code i} of the minibatch. */
  public RandomGenerator of(long i) {
    long stream = mix(mix(seed + GOLDEN_GAMMA * (trial + 1L)) + GOLDEN_GAMMA * (first + i + 1));
    return new SplittableRandom(stream);
  }

  // finaliser of SplitMix64 (Steele, Lea and Flood 2014)
  private static long mix(long z) {
    long y = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    y = (y ^ (y >>> 27)) * 0x94D049BB133111EBL;
    return y ^ (y >>> 31);
  }

  /** {@code perExample} uniform numbers in [0, 1) for each of n examples, row-major. */
  double[] uniform(long n, long perExample) {
    return fill(n, perExample, RandomGenerator::nextDouble);
  }

  /** Standard normal numbers likewise. */
  double[] normal(long n, long perExample) {
    return fill(n, perExample, RandomGenerator::nextGaussian);
  }

  private double[] fill(
      long n, long perExample, java.util.function.ToDoubleFunction<RandomGenerator> draw) {
    double[] values = new double[Math.toIntExact(n * perExample)];
    int k = 0;
    for (long i = 0; i < n; i++) {
      RandomGenerator random = of(i);
      for (long j = 0; j < perExample; j++) {
        values[k++] = draw.applyAsDouble(random);
      }
    }
    return values;
  }
}
