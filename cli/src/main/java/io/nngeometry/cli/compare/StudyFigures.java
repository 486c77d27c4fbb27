package io.nngeometry.cli.compare;

import io.nngeometry.plot.Axis;
import io.nngeometry.plot.Blank;
import io.nngeometry.plot.Figure;
import io.nngeometry.plot.Grid;
import io.nngeometry.plot.Interval;
import io.nngeometry.plot.IntervalFigure;
import io.nngeometry.plot.Legend;
import io.nngeometry.plot.LineFigure;
import io.nngeometry.plot.Palette;
import io.nngeometry.plot.Size;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.DoubleStream;

/** Figures 3 to 6 of the paper, a panel for every state of the training. */
public final class StudyFigures {
  private static final int WIDTH = 400;
  private static final int HEIGHT = 300;
  private static final int COLUMNS = 3;

  /** What is left free beside logarithmic data. */
  private static final double MARGIN = 1.6;

  private StudyFigures() {}

  /** Every figure by the name of its file. */
  public static Map<String, Figure> of(Study study) {
    Map<String, Figure> all = new LinkedHashMap<>();
    all.put("figure-3-solve", solves(study));
    all.put(
        "figure-4-product",
        intervals(study, "cos(F′v, Fv)", Study.Errors::product, StudyFigures::cosines));
    all.put(
        "figure-5-quadratic-form",
        intervals(
            study, "|vᵀF′v − vᵀFv| / vᵀFv", Study.Errors::quadraticForm, StudyFigures::errors));
    all.put(
        "figure-6-trace",
        intervals(study, "|tr F′ − tr F| / tr F", Study.Errors::trace, StudyFigures::errors));
    return all;
  }

  private static Figure solves(Study study) {
    Palette palette = palette(study);
    Axis y =
        Axis.linear("cos(v, %s)".formatted(Residual.of(study.settings()).formula()))
            .between(least(study), 1.02);
    List<List<Figure>> rows = new ArrayList<>();
    for (List<Study.State> some : rows(study)) {
      List<Figure> row = new ArrayList<>();
      for (Study.State state : some) {
        row.add(
            LineFigure.of(
                    state.title(),
                    Axis.log("damping λ"),
                    y,
                    palette,
                    Figures.series(state.solves()))
                .withoutLegend()
                .sized(WIDTH, HEIGHT));
      }
      rows.add(filled(row, WIDTH * (columns(study) - some.size())));
    }
    rows.add(List.of(new Legend(palette, palette.names(), WIDTH * columns(study))));
    return new Grid(rows);
  }

  private static int columns(Study study) {
    return Math.min(COLUMNS, study.states().size());
  }

  /** The states, as many beside each other as there is room for. */
  private static List<List<Study.State>> rows(Study study) {
    List<List<Study.State>> rows = new ArrayList<>();
    for (int k = 0; k < study.states().size(); k += COLUMNS) {
      rows.add(study.states().subList(k, Math.min(k + COLUMNS, study.states().size())));
    }
    return rows;
  }

  private static List<Figure> filled(List<Figure> row, int missing) {
    if (missing > 0) {
      row.add(new Blank(new Size(missing, row.get(0).size().height())));
    }
    return row;
  }

  /** The lowest end of the cosines' axis, a tenth of one. */
  private static double least(Study study) {
    double least =
        study.states().stream()
            .flatMap(state -> state.solves().stream())
            .flatMap(solve -> solve.points().stream())
            .mapToDouble(point -> point.cosine().min())
            .min()
            .orElse(0);
    return Math.max(-1.02, Math.min(0.9, Math.floor(10 * least) / 10));
  }

  private static Figure intervals(
      Study study,
      String label,
      Function<Study.Errors, Spread> quantity,
      Function<List<Interval>, UnaryOperator<Axis>> scale) {
    Palette palette = palette(study);
    List<String> names =
        study.states().get(0).representations().stream().map(Study.Errors::name).toList();
    UnaryOperator<Axis> scaled =
        scale.apply(
            study.states().stream()
                .flatMap(state -> intervals(state, quantity).values().stream())
                .toList());
    List<List<Figure>> rows = new ArrayList<>();
    for (List<Study.State> some : rows(study)) {
      List<IntervalFigure.Panel> panels =
          some.stream()
              .map(
                  state ->
                      IntervalFigure.Panel.of(
                          scaled.apply(Axis.linear(state.title())), intervals(state, quantity)))
              .toList();
      IntervalFigure figure =
          IntervalFigure.of(rows.isEmpty() ? label : "", names, panels, palette);
      int missing = columns(study) - some.size();
      List<Figure> row = new ArrayList<>(List.of(figure));
      rows.add(filled(row, missing * figure.size().width() / (some.size() + 1)));
    }
    return new Grid(rows);
  }

  private static Map<String, Interval> intervals(
      Study.State state, Function<Study.Errors, Spread> quantity) {
    Map<String, Interval> intervals = new LinkedHashMap<>();
    for (Study.Errors errors : state.representations()) {
      Spread s = quantity.apply(errors);
      intervals.put(errors.name(), new Interval(s.min(), s.median(), s.max()));
    }
    return intervals;
  }

  /** One logarithmic axis for the errors of all states. */
  private static UnaryOperator<Axis> errors(List<Interval> all) {
    double floor = Figures.floor(all);
    double low =
        all.stream()
            .flatMapToDouble(i -> DoubleStream.of(i.low(), i.median()))
            .map(x -> Math.max(x, floor))
            .min()
            .orElse(floor);
    double high = Math.max(all.stream().mapToDouble(Interval::high).max().orElse(1), 2 * low);
    return axis -> Axis.log(axis.label()).withFloor(floor).between(low / MARGIN, high * MARGIN);
  }

  /** One linear axis for the cosines of all states. */
  private static UnaryOperator<Axis> cosines(List<Interval> all) {
    double low = all.stream().mapToDouble(Interval::low).min().orElse(0);
    return axis -> axis.between(Math.min(-0.02, low - 0.02), 1.02);
  }

  private static Palette palette(Study study) {
    Set<String> names = new LinkedHashSet<>();
    for (Study.State state : study.states()) {
      state.solves().forEach(solve -> names.add(solve.series()));
    }
    return new Palette(List.copyOf(names));
  }
}
