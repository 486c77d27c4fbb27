package io.nngeometry.fisher;

import io.nngeometry.engine.Engine;
import io.nngeometry.layers.LayerSizes;
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

  /** Every example's gradient, which all sums of a layer share. */
  static Need rows(LayerSizes layer, int cotangents) {
    return new Need(
        layer.layer().size() + (layer.outer() ? layer.factor() : layer.inputs()),
        0,
        cotangents * layer.flops());
  }

  /**
   * Gradients that nobody keeps: of a linear map a few at a time.
   *
   * @param times how often they are read
   */
  static Need gradients(LayerSizes layer, int cotangents, int times) {
    return layer.outer() ? products(layer, cotangents, times) : rows(layer, cotangents);
  }

  /** Gradients a few at a time, of which the factors are kept. */
  static Need products(LayerSizes layer, int cotangents, int times) {
    // if all cotangents come at once, the input's factor is needed once, layer by layer
    boolean once = Filling.together(cotangents) == cotangents;
    // with one position the factors are squared, not their products, one cotangent at a time
    double squares = layer.positions() == 1 ? layer.factor() + layer.signal() : 0;
    int stacked = layer.positions() == 1 ? 1 : Filling.together(cotangents);
    return new Need(
        once ? 0 : layer.factor(),
        stacked * layer.signal() + (once ? layer.factor() : 0) + squares,
        cotangents * times * (layer.flops() + 2.0 * layer.layer().size()));
  }

  /** Both at once. */
  Need and(Need other) {
    return new Need(kept + other.kept, passing + other.passing, flops + other.flops);
  }

  /** One after the other: what passes is gone by then. */
  Need then(Need other) {
    return new Need(kept + other.kept, Math.max(passing, other.passing), flops + other.flops);
  }

  /** The greater of two. */
  Need orMore(Need other) {
    return numbers() < other.numbers() ? other : this;
  }

  /** Numbers in all. */
  double numbers() {
    return kept + passing;
  }
}
