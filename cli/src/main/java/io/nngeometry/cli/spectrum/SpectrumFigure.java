package io.nngeometry.cli.spectrum;

import io.nngeometry.plot.Axis;
import io.nngeometry.plot.Figure;
import io.nngeometry.plot.LineFigure;
import io.nngeometry.plot.Palette;
import io.nngeometry.plot.Series;
import io.nngeometry.plot.SideBySide;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** The density of all eigenvalues, and the greatest of them. */
public final class SpectrumFigure {
  private static final int HEIGHT = 360;
  private static final int WIDTH = 560;
  private static final int NARROW = 380;
  private static final double FLOOR = 1e-5;
  private static final String ABOVE = "eigenvalues above zero";
  private static final String BELOW = "below zero, by absolute value";
  private static final String TOP = "greatest eigenvalues";
  private static final Palette PALETTE = Palette.of(ABOVE, BELOW, TOP);

  private SpectrumFigure() {}

  /** The figure of a result. */
  public static Figure of(Spectrum results) {
    List<Series> series = new ArrayList<>();
    add(series, ABOVE, results.density().positive());
    add(series, BELOW, results.density().negative());
    Figure density =
        LineFigure.of(
                "",
                Axis.log("eigenvalue"),
                Axis.log("share of eigenvalues per decade").withFloor(FLOOR),
                PALETTE,
                series)
            .sized(WIDTH, HEIGHT);
    double[] top = results.top().eigenvalues().stream().mapToDouble(x -> x).toArray();
    double[] rank = IntStream.rangeClosed(1, top.length).asDoubleStream().toArray();
    boolean positive = top[top.length - 1] > 0;
    Figure greatest =
        LineFigure.of(
                "",
                Axis.linear("rank"),
                positive ? Axis.log("eigenvalue") : Axis.linear("eigenvalue"),
                PALETTE,
                List.of(Series.of(TOP, rank, top)))
            .sized(NARROW, HEIGHT);
    return series.isEmpty() ? greatest : new SideBySide(density, greatest);
  }

  private static void add(List<Series> series, String name, List<Density.Point> points) {
    if (!points.isEmpty()) {
      series.add(
          new Series(
              name,
              points.stream()
                  .map(
                      p -> {
                        double e = p.standardError().orElse(0);
                        double y = p.perDecade();
                        return new Series.Point(p.eigenvalue(), Math.max(0, y - e), y, y + e);
                      })
                  .toList()));
    }
  }
}
