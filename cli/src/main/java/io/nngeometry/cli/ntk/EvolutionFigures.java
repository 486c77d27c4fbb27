package io.nngeometry.cli.ntk;

import io.nngeometry.plot.Axis;
import io.nngeometry.plot.ColorMap;
import io.nngeometry.plot.Figure;
import io.nngeometry.plot.Grid;
import io.nngeometry.plot.LineFigure;
import io.nngeometry.plot.Palette;
import io.nngeometry.plot.ScatterFigure;
import io.nngeometry.plot.Series;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** The figures of a training: figure 7 of the paper, and its numbers as curves. */
public final class EvolutionFigures {
  private static final int COLUMN = 330;
  private static final int HEIGHT = 320;

  private EvolutionFigures() {}

  /**
   * A column for each of some states: the Gram matrix by class above, the two components below.
   *
   * @param columns how many at the most, evenly among all, the first and the last with them
   */
  public static Figure columns(Snapshots snapshots, int columns) {
    List<Figure> above = new ArrayList<>();
    List<Figure> below = new ArrayList<>();
    Classes classes = snapshots.classes().orElseThrow();
    List<String> names =
        classes.labels().stream().distinct().sorted().map(classes.names()::get).toList();
    for (Snapshots.Snapshot s : chosen(snapshots.taken(), columns)) {
      above.add(
          NtkFigures.gram(
                  title(s.numbers()),
                  s.kernel().matrix(),
                  snapshots.classes(),
                  snapshots.classes(),
                  ColorMap.DIVERGING)
              .sized(COLUMN, HEIGHT));
      below.add(
          ScatterFigure.of(
                  "",
                  Axis.linear(axis("first", s.numbers().explained(), 0)),
                  Axis.linear(axis("second", s.numbers().explained(), 1)),
                  new Palette(names),
                  Series.byClass(s.first(), s.second(), classes.array(), classes.names()))
              .sized(COLUMN, HEIGHT));
    }
    return new Grid(List.of(above, below));
  }

  /** Two short lines in every column, so that all have the same room. */
  private static String title(Evolution.Checkpoint c) {
    return String.format(
        Locale.ROOT,
        "%s\n%.1f%% right",
        c.step() == 0 ? "initial" : "step " + c.step(),
        100 * c.testAccuracy());
  }

  private static String axis(String rank, List<Double> explained, int k) {
    double share = k < explained.size() ? explained.get(k) : 0;
    return String.format(Locale.ROOT, "%s component (%.0f%%)", rank, 100 * share);
  }

  private static List<Snapshots.Snapshot> chosen(List<Snapshots.Snapshot> all, int columns) {
    int last = all.size() - 1;
    int count = Math.min(columns, all.size());
    return IntStream.range(0, count)
        .map(k -> count == 1 ? last : (int) Math.round((double) k * last / (count - 1)))
        .distinct()
        .mapToObj(all::get)
        .toList();
  }

  /** Alignment, accuracy and distance from the initial kernel against the epoch. */
  public static LineFigure curves(List<Evolution.Checkpoint> checkpoints) {
    String alignment = "alignment ⟨K, yyᵀ⟩ / |K||yyᵀ|";
    String centred = "centred alignment";
    String accuracy = "test accuracy";
    String distance = "distance from the initial kernel, 1 − cos(K, K₀)";
    return LineFigure.of(
            "",
            Axis.linear("epoch"),
            Axis.linear("alignment, accuracy, distance").between(0, 1.02),
            Palette.of(alignment, centred, accuracy, distance),
            List.of(
                curve(alignment, checkpoints, Evolution.Checkpoint::alignment),
                curve(centred, checkpoints, Evolution.Checkpoint::centredAlignment),
                curve(accuracy, checkpoints, Evolution.Checkpoint::testAccuracy),
                curve(distance, checkpoints, Evolution.Checkpoint::distanceFromInitial)))
        .sized(760, 420);
  }

  private static Series curve(
      String name,
      List<Evolution.Checkpoint> checkpoints,
      ToDoubleFunction<Evolution.Checkpoint> y) {
    return Series.of(
        name,
        checkpoints.stream().mapToDouble(Evolution.Checkpoint::epoch).toArray(),
        checkpoints.stream().mapToDouble(y).toArray());
  }
}
