package io.nngeometry.fisher;

import io.nngeometry.engine.Engine;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a sum over examples needs for one example while it is filled.
 *
 * @param kept numbers held for all layers at once
 * @param passing numbers held for a layer while it is at work
 * @param flops multiplications and additions beside forward and backward
 */
record Need(double kept, double passing, double flops) {
  static final Need NOTHING = new Need(0, 0, 0);

  /** Those of all layers: of as many as there are threads, what passes is there at once. */
  static Need sideBySide(Stream<Need> layers) {
    List<Need> all = layers.toList();
    double passing =
        all.stream()
            .map(Need::passing)
            .sorted(Comparator.reverseOrder())
            .limit(Engine.threads())
            .mapToDouble(x -> x)
            .sum();
    return new Need(
        all.stream().mapToDouble(Need::kept).sum(),
        passing,
        all.stream().mapToDouble(Need::flops).sum());
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
