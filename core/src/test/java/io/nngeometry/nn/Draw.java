package io.nngeometry.nn;

import java.util.Random;

/** Random shapes and options that follow from a seed. */
final class Draw {
  private final Random random;

  Draw(long seed) {
    random = new Random(seed);
  }

  /** A number from {@code least} to {@code greatest}. */
  long between(long least, long greatest) {
    return least + random.nextInt(Math.toIntExact(greatest - least + 1));
  }

  /** One number an axis. */
  long[] each(int axes, long least, long greatest) {
    return random.longs(axes, least, greatest + 1).toArray();
  }

  boolean coin() {
    return random.nextBoolean();
  }

  double eps() {
    return Math.pow(10, -random.nextInt(5));
  }
}
