package io.nngeometry.cli.compare;

import io.nngeometry.cli.training.TrainingHistory;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The whole result, as {@code results.json} has it.
 *
 * @param format name and version of this form
 * @param command the command line
 * @param seconds time of the whole run
 * @param settings every setting by its option's name
 * @param machine what it ran on
 * @param versions of what it ran with
 * @param model the network
 * @param training how it was trained; absent if its weights were given
 * @param truth what the others are held against
 * @param secondsTogether time of building all matrices in one pass
 * @param representations the approximations
 * @param solves cosines of the solve residuals
 * @param gaps solves that were refused, and why
 */
public record Results(
    String format,
    String command,
    double seconds,
    Map<String, Object> settings,
    Map<String, Object> machine,
    Map<String, String> versions,
    Network model,
    Optional<TrainingHistory> training,
    True truth,
    double secondsTogether,
    List<Approximation> representations,
    List<Solve> solves,
    List<String> gaps) {
  /** Version of the form. */
  public static final String FORMAT = "nngeometry-compare/1";

  /**
   * The network.
   *
   * @param name its name on the command line
   * @param parameters how many it has, d
   * @param layers its parametric layers
   * @param testAccuracy share of the held-out images, or of those looked at if it was given, that
   *     it classifies rightly; absent if it classifies nothing, or there are no labels
   */
  public record Network(
      String name, long parameters, List<String> layers, OptionalDouble testAccuracy) {}

  /**
   * The matrix that the others are held against.
   *
   * @param representation its representation
   * @param examples how many it is a mean over
   * @param trace its trace
   * @param secondsPerProduct time of one F v
   */
  public record True(
      String representation, long examples, double trace, double secondsPerProduct) {}

  /**
   * One approximation.
   *
   * @param name its representation
   * @param bytes its size in memory
   * @param secondsAlone time of building it alone
   * @param secondsPerProduct time of one F'v
   * @param trace its trace, in the first draw
   * @param traceError |tr F' - tr F| / tr F
   * @param quadraticFormError |v'F'v - v'Fv| / v'Fv
   * @param productCosine cosine of F'v and F v
   */
  public record Approximation(
      String name,
      long bytes,
      double secondsAlone,
      double secondsPerProduct,
      double trace,
      Spread traceError,
      Spread quadraticFormError,
      Spread productCosine) {}

  /**
   * One way of inverting one approximation.
   *
   * @param series its name
   * @param points its cosines by damping, where it could be inverted
   */
  public record Solve(String series, List<Point> points) {
    /**
     * The cosine at one damping.
     *
     * @param lambda the damping
     * @param cosine the cosine of v and what is left of it
     */
    public record Point(double lambda, Spread cosine) {}

    /** The cosine at {@code lambda}, if the matrix could be inverted there. */
    Optional<Spread> at(double lambda) {
      return points.stream().filter(p -> p.lambda() == lambda).findFirst().map(Point::cosine);
    }
  }

  /** Every damping at which something could be inverted, in ascending order. */
  List<Double> dampings() {
    return solves.stream()
        .flatMap(s -> s.points().stream())
        .map(Solve.Point::lambda)
        .distinct()
        .sorted()
        .toList();
  }

  /** The approximations' part of {@code outcome}. */
  public static List<Approximation> approximations(Outcome outcome) {
    return outcome.matrices().stream()
        .map(
            m ->
                new Approximation(
                    m.name(),
                    m.bytes(),
                    m.secondsAlone(),
                    m.secondsPerProduct(),
                    m.trace(),
                    outcome.spread(m.name(), Quantity.TRACE).orElseThrow(),
                    outcome.spread(m.name(), Quantity.QUADRATIC_FORM).orElseThrow(),
                    outcome.spread(m.name(), Quantity.PRODUCT).orElseThrow()))
        .toList();
  }

  /** The solves' part of {@code outcome}. */
  public static List<Solve> solves(Outcome outcome, List<Double> dampings) {
    return solves(outcome.measurements(), outcome.inverses(), dampings);
  }

  /** The solves among {@code measurements}, by inverse and damping. */
  static List<Solve> solves(
      List<Measurement> measurements, List<String> inverses, List<Double> dampings) {
    return inverses.stream()
        .map(
            series ->
                new Solve(
                    series,
                    dampings.stream()
                        .flatMap(
                            lambda ->
                                Outcome.spread(
                                    measurements, series, Quantity.SOLVE, OptionalDouble.of(lambda))
                                    .map(spread -> new Solve.Point(lambda, spread))
                                    .stream())
                        .toList()))
        .toList();
  }
}
