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
import io.nngeometry.plot.Series;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.DoubleStream;

/** Figures 3 to 6 of the paper, a panel for every state of the training. */
public final class StudyFigures {
  private static final int WIDTH = 400;
  private static final int HEIGHT = 300;
  private static final int COLUMNS = 3;

  private StudyFigures() {}

  /** Every figure by the name of its file. */
  public static Map<String, Figure> of(Study study) {
    Map<String, Figure> all = new LinkedHashMap<>();
    all.put("figure-3-solve", solves(study));
    all.put(
        "figure-4-product",
        intervals(study, "1 − cos(F′v, Fv)", e -> e.product().map(cosine -> 1 - cosine)));
    all.put(
        "figure-5-quadratic-form",
        intervals(study, "|vᵀF′v − vᵀFv| / vᵀFv", Study.Errors::quadraticForm));
    all.put("figure-6-trace", intervals(study, "|tr F′ − tr F| / tr F", Study.Errors::trace));
    return all;
  }

  private static Figure solves(Study study) {
    Palette palette = palette(study);
    Axis y =
        Axis.linear("cos(v, %s)".formatted(Residual.of(study.settings()).formula()))
            .between(least(study), 1.02);
    List<List<Figure>> rows = new ArrayList<>();
    for (Study.State state : study.states()) {
      if (rows.isEmpty() || rows.get(rows.size() - 1).size() == COLUMNS) {
        rows.add(new ArrayList<>());
      }
      rows.get(rows.size() - 1)
          .add(
              LineFigure.of(state.title(), Axis.log("damping λ"), y, palette, series(state))
                  .withoutLegend()
                  .sized(WIDTH, HEIGHT));
    }
    int columns = rows.get(0).size();
    List<Figure> last = rows.get(rows.size() - 1);
    while (last.size() < columns) {
      last.add(new Blank(last.get(0).size()));
    }
    rows.add(List.of(new Legend(palette, palette.names(), columns * WIDTH)));
    return new Grid(rows);
  }

  private static List<Series> series(Study.State state) {
    return state.solves().stream()
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
      Study study, String label, Function<Study.Errors, Spread> quantity) {
    Palette palette = palette(study);
    List<String> names =
        study.states().get(0).representations().stream().map(Study.Errors::name).toList();
    List<Map<String, Interval>> all =
        study.states().stream()
            .map(
                state -> {
                  Map<String, Interval> intervals = new LinkedHashMap<>();
                  for (Study.Errors errors : state.representations()) {
                    Spread s = quantity.apply(errors);
                    intervals.put(errors.name(), new Interval(s.min(), s.median(), s.max()));
                  }
                  return intervals;
                })
            .toList();
    List<Interval> flat = all.stream().flatMap(m -> m.values().stream()).toList();
    double floor = Figures.floor(flat);
    double low =
        flat.stream()
            .flatMapToDouble(i -> DoubleStream.of(i.low(), i.median()))
            .map(x -> Math.max(x, floor))
            .min()
            .orElse(floor);
    double high = flat.stream().mapToDouble(Interval::high).max().orElse(1);
    List<IntervalFigure.Panel> panels = new ArrayList<>();
    for (int k = 0; k < all.size(); k++) {
      panels.add(
          IntervalFigure.Panel.of(
              Axis.log(study.states().get(k).title())
                  .withFloor(floor)
                  .between(low / 1.6, Math.max(high, 2 * low) * 1.6),
              all.get(k)));
    }
    return IntervalFigure.of(label, names, panels, palette);
  }

  private static Palette palette(Study study) {
    Set<String> names = new LinkedHashSet<>();
    for (Study.State state : study.states()) {
      state.solves().forEach(solve -> names.add(solve.series()));
    }
    return new Palette(List.copyOf(names));
  }
}
