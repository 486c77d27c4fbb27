package io.nngeometry.models.data;

import java.util.Random;

/** Random orders that a seed fixes for good: on every machine, whatever libtorch's version. */
final class Permutation {
  private Permutation() {}

  /** The numbers from zero to {@code n - 1} in a random order. */
  static int[] of(int n, long seed) {
    // java.util.Random's algorithm is part of its specification
    Random random = new Random(seed);
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
