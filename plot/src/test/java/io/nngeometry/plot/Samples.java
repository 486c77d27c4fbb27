package io.nngeometry.plot;

import java.util.List;
import java.util.Map;

/** Small figures of every kind. */
final class Samples {
  static final Palette PALETTE = Palette.of("dense", "KFAC", "diagonal <b>");

  private Samples() {}

  static LineFigure lines() {
    double[] x = {1e-6, 1e-4, 1e-2, 1};
    return LineFigure.of(
        "Solve residual",
        Axis.log("damping"),
        Axis.linear("cosine"),
        PALETTE,
        List.of(
            Series.banded(
                "dense",
                x,
                new double[] {0.1, 0.3, 0.6, 0.9},
                new double[] {0.2, 0.4, 0.7, 0.95},
                new double[] {0.3, 0.5, 0.8, 0.99}),
            Series.of("diagonal <b>", x, new double[] {0, 0.1, 0.2, 0.3})));
  }

  static IntervalFigure intervals() {
    return IntervalFigure.of(
        "Errors",
        List.of("dense", "KFAC"),
        List.of(
            IntervalFigure.Panel.of(
                    Axis.log("error of trace"),
                    Map.of("dense", new Interval(0, 0, 1e-15), "KFAC", new Interval(0, 1e-3, 1e-2)))
                .withReference(1e-12),
            IntervalFigure.Panel.of(
                Axis.log("error of cosine"), Map.of("KFAC", Interval.ofAll(1e-3, 2e-3, 4e-3)))),
        PALETTE);
  }

  static HeatMapFigure heatMap() {
    return HeatMapFigure.of(
        "Kernel",
        "row",
        "column",
        "value",
        new double[][] {{1, 0.5, 0}, {0.5, -1, 0.25}},
        ColorMap.DIVERGING);
  }

  static ScatterFigure scatter() {
    return ScatterFigure.of(
        "Embedding",
        Axis.linear("first"),
        Axis.linear("second"),
        PALETTE,
        Series.byClass(
            new double[] {0, 1, 2}, new double[] {1, 0, 2}, new int[] {0, 1, 0}, PALETTE.names()));
  }

  static HeatMapFigure groups() {
    return heatMap()
        .grouped(
            Groups.of(new int[] {0, 1}, List.of("upper", "lower")),
            Groups.of(new int[] {0, 0, 1}, List.of("left", "right")));
  }

  static Legend legend() {
    return new Legend(PALETTE, PALETTE.names(), 600);
  }

  static Grid grid() {
    return new Grid(
        List.of(
            List.of(scatter(), intervals()),
            List.of(new Blank(new Size(200, 40))),
            List.of(legend())));
  }

  static List<Figure> all() {
    return List.of(
        lines(),
        intervals(),
        heatMap(),
        scatter(),
        groups(),
        grid(),
        legend(),
        lines().withoutLegend());
  }
}
