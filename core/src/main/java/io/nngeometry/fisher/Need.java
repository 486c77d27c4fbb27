package io.nngeometry.fisher;

/**
 * What a sum over examples needs for one example while it is filled.
 *
 * @param kept numbers held for all layers at once
 * @param passing numbers held for one layer at a time
 * @param flops multiplications and additions beside forward and backward
 */
record Need(double kept, double passing, double flops) {
  static final Need NOTHING = new Need(0, 0, 0);

  /** Both, one layer after the other. */
  Need then(Need next) {
    return new Need(kept + next.kept, Math.max(passing, next.passing), flops + next.flops);
  }

  /** Both at once. */
  Need and(Need other) {
    return new Need(kept + other.kept, passing + other.passing, flops + other.flops);
  }

  /** Numbers in all. */
  double numbers() {
    return kept + passing;
  }
}
