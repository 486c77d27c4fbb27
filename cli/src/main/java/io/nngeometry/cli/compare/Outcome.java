package io.nngeometry.cli.compare;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What an experiment found.
 *
 * @param trace trace of the truth
 * @param secondsPerTrueProduct time of one product with the truth
 * @param secondsTogether time of building all matrices in one pass
 * @param matrices the matrices, in the order asked for
 * @param inverses names of the ways of inverting them, in order
 * @param measurements every number
 * @param gaps solves that were refused, and why
 */
public record Outcome(
    double trace,
    double secondsPerTrueProduct,
    double secondsTogether,
    List<Built> matrices,
    List<String> inverses,
    List<Measurement> measurements,
    List<String> gaps) {
  /** Copies. */
  public Outcome {
    matrices = List.copyOf(matrices);
    inverses = List.copyOf(inverses);
    measurements = List.copyOf(measurements);
    gaps = List.copyOf(gaps);
  }

  /**
   * One matrix.
   *
   * @param name its representation
   * @param bytes its size in memory
   * @param secondsAlone time of building it alone
   * @param secondsPerProduct time of one product
   * @param trace its trace, in the first draw
   */
  public record Built(
      String name, long bytes, double secondsAlone, double secondsPerProduct, double trace) {}

  /** The spread of {@code quantity} over draws and vectors. */
  public Optional<Spread> spread(String series, Quantity quantity) {
    return spread(series, quantity, OptionalDouble.empty());
  }

  /** The spread at one damping; empty if every solve was refused. */
  public Optional<Spread> spread(String series, Quantity quantity, OptionalDouble lambda) {
    return spread(measurements, series, quantity, lambda);
  }

  /** The spread of {@code quantity} in {@code measurements}; empty where there is none. */
  static Optional<Spread> spread(
      List<Measurement> measurements, String series, Quantity quantity, OptionalDouble lambda) {
    List<Double> values =
        measurements.stream()
            .filter(
                m ->
                    m.series().equals(series)
                        && m.quantity() == quantity
                        && m.lambda().equals(lambda))
            .map(Measurement::value)
            .toList();
    return values.isEmpty() ? Optional.empty() : Optional.of(Spread.of(values));
  }
}
