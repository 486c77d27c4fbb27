package io.nngeometry.cli.compare;

import java.util.SplittableRandom;

/** Seeds of the experiment's parts, all from one: no part's numbers depend on another's. */
record Seeds(long seed) {
  private static final long TRUTH = 0;
  private static final long LABELS = 1;
  private static final long VECTORS = 2;

  /** Of the labels behind the truth. */
  long truth() {
    return of(TRUTH, 0);
  }

  /** Of the labels behind one draw of the approximations. */
  long labels(int draw) {
    return of(LABELS, draw);
  }

  /** Of one draw's vectors. */
  long vectors(int draw) {
    return of(VECTORS, draw);
  }

  private long of(long purpose, long index) {
    SplittableRandom random = new SplittableRandom(seed);
    long base = random.nextLong() + purpose;
    return new SplittableRandom(new SplittableRandom(base).nextLong() + index).nextLong();
  }
}
