package io.nngeometry.cli.compare;

import io.nngeometry.cli.training.Checkpoints;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * Approximations of the Fisher matrix at several states of a training, held against the implicit
 * one: section 3.1 of the paper. This is what {@code study.json} has.
 *
 * @param format name and version of this form
 * @param command the command line
 * @param seconds time of the run, of its last part if it was interrupted
 * @param settings every setting by its option's name
 * @param machine what it ran on
 * @param versions of what it ran with
 * @param network its name and sizes
 * @param parameters how many it has, d
 * @param examples how many the matrices are a mean over
 * @param states the states of the training, in order
 */
public record Study(
    String format,
    String command,
    double seconds,
    Map<String, Object> settings,
    Map<String, Object> machine,
    Map<String, String> versions,
    Map<String, String> network,
    long parameters,
    long examples,
    List<State> states) {
  /** Version of the form. */
  public static final String FORMAT = "nngeometry-checkpoint-study/1";

  /** Copies. */
  public Study {
    states = List.copyOf(states);
  }

  /**
   * One state of the training.
   *
   * @param checkpoint which one
   * @param title what figures call it
   * @param trace trace of the true matrix
   * @param representations errors of the approximations
   * @param solves cosines of the solve residuals
   * @param gaps solves that were refused
   */
  public record State(
      Checkpoints.Entry checkpoint,
      String title,
      double trace,
      List<Errors> representations,
      List<Results.Solve> solves,
      List<String> gaps) {

    /** What {@code measurements} say of a state. */
    public static State of(
        Checkpoints.Entry checkpoint, double trace, List<Measurement> measurements, Design design) {
      List<String> names = design.representations().stream().map(r -> r.name()).toList();
      List<Results.Solve> solves =
          Results.solves(
              measurements,
              names.stream()
                  .flatMap(name -> Inverse.of(name).stream())
                  .map(Inverse::series)
                  .toList(),
              design.dampings());
      return new State(
          checkpoint,
          checkpoint.title(),
          trace,
          names.stream().map(name -> Errors.of(name, measurements)).toList(),
          solves,
          solves.stream().flatMap(solve -> gap(solve, design).stream()).toList());
    }

    private static Optional<String> gap(Results.Solve solve, Design design) {
      int refused = design.dampings().size() - solve.points().size();
      return refused == 0
          ? Optional.empty()
          : Optional.of(
              "%s cannot be inverted with %d of %d dampings"
                  .formatted(solve.series(), refused, design.dampings().size()));
    }
  }

  /**
   * How far one approximation is from the truth, over all draws and vectors.
   *
   * @param name its representation
   * @param trace |tr F' - tr F| / tr F (figure 6 of the paper)
   * @param quadraticForm |v'F'v - v'Fv| / v'Fv (figure 5)
   * @param product cosine of F'v and Fv (figure 4)
   */
  public record Errors(String name, Spread trace, Spread quadraticForm, Spread product) {
    private static Errors of(String name, List<Measurement> measurements) {
      Function<Quantity, Spread> spread =
          quantity ->
              Outcome.spread(measurements, name, quantity, OptionalDouble.empty()).orElseThrow();
      return new Errors(
          name,
          spread.apply(Quantity.TRACE),
          spread.apply(Quantity.QUADRATIC_FORM),
          spread.apply(Quantity.PRODUCT));
    }
  }
}
