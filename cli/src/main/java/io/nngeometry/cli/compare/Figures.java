package io.nngeometry.cli.compare;

import io.nngeometry.cli.training.TrainingHistory;
import io.nngeometry.plot.Axis;
import io.nngeometry.plot.Figure;
import io.nngeometry.plot.Interval;
import io.nngeometry.plot.IntervalFigure;
import io.nngeometry.plot.IntervalFigure.Panel;
import io.nngeometry.plot.LineFigure;
import io.nngeometry.plot.Palette;
import io.nngeometry.plot.Series;
import io.nngeometry.plot.SideBySide;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

/** The figures that show results. */
public final class Figures {
  /** Errors below this are rounding, and would only stretch the axis. */
  private static final double ROUNDING = 1e-6;

  private static final int HEIGHT = 330;
  private static final int WIDTH = 470;

  private Figures() {}

  /** Errors of trace, quadratic form and product of every representation, side by side. */
  public static Figure errors(Results results) {
    List<String> names =
        results.representations().stream().map(Results.Approximation::name).toList();
    return IntervalFigure.of(
        "",
        names,
        List.of(
            panel("|tr F′ − tr F| / tr F", results, Results.Approximation::traceError),
            panel("|vᵀF′v − vᵀFv| / vᵀFv", results, Results.Approximation::quadraticFormError),
            panel("1 − cos(F′v, Fv)", results, a -> a.productCosine().map(c -> 1 - c))),
        palette(results));
  }

  private static Panel panel(
      String label, Results results, Function<Results.Approximation, Spread> quantity) {
    Map<String, Interval> intervals = new LinkedHashMap<>();
    for (Results.Approximation a : results.representations()) {
      Spread s = quantity.apply(a);
      intervals.put(a.name(), new Interval(s.min(), s.median(), s.max()));
    }
    return Panel.of(Axis.log(label).withFloor(floor(intervals.values())), intervals);
  }

  /** A decade below what is not rounding. */
  static double floor(Collection<Interval> intervals) {
    double least =
        intervals.stream()
            .flatMapToDouble(i -> DoubleStream.of(i.low(), i.median()))
            .filter(x -> x > ROUNDING)
            .min()
            .orElse(ROUNDING);
    return Math.max(ROUNDING, Math.pow(10, Math.floor(Math.log10(least)) - 1));
  }

  /** The cosine of the solve residual against the damping, with the range as a band. */
  public static Figure solves(Results results) {
    return LineFigure.of(
        "",
        Axis.log("damping λ"),
        Axis.linear("cos(v, %s)".formatted(Residual.of(results).formula())),
        palette(results),
        series(results.solves()));
  }

  /** The cosines of solves against the damping; of those that did not work, nothing. */
  static List<Series> series(List<Results.Solve> solves) {
    return solves.stream()
        .filter(solve -> !solve.points().isEmpty())
        .map(
            solve ->
                new Series(
                    solve.series(),
                    solve.points().stream()
                        .map(
                            p ->
                                new Series.Point(
                                    p.lambda(),
                                    p.cosine().min(),
                                    p.cosine().median(),
                                    p.cosine().max()))
                        .toList()))
        .toList();
  }

  /** Loss and accuracy by epoch, side by side. */
  public static Figure training(TrainingHistory history) {
    Palette palette = Palette.of("training images", "held-out images");
    return new SideBySide(
        curves(
            history,
            palette,
            Axis.log("cross-entropy"),
            TrainingHistory.Epoch::trainLoss,
            TrainingHistory.Epoch::testLoss),
        curves(
            history,
            palette,
            Axis.linear("images classified rightly (%)"),
            e -> 100 * e.trainAccuracy(),
            e -> 100 * e.testAccuracy()));
  }

  private static Figure curves(
      TrainingHistory history,
      Palette palette,
      Axis axis,
      ToDoubleFunction<TrainingHistory.Epoch> train,
      ToDoubleFunction<TrainingHistory.Epoch> test) {
    double[] x = history.epochs().stream().mapToDouble(TrainingHistory.Epoch::epoch).toArray();
    return LineFigure.of(
            "",
            Axis.linear("epoch"),
            axis,
            palette,
            List.of(
                Series.of(
                    "training images", x, history.epochs().stream().mapToDouble(train).toArray()),
                Series.of(
                    "held-out images", x, history.epochs().stream().mapToDouble(test).toArray())))
        .sized(WIDTH, HEIGHT);
  }

  private static Palette palette(Results results) {
    Set<String> names = new LinkedHashSet<>();
    results.representations().forEach(a -> names.add(a.name()));
    results.solves().forEach(s -> names.add(s.series()));
    return new Palette(List.copyOf(names));
  }
}
