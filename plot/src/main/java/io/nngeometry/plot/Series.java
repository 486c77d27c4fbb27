package io.nngeometry.plot;

import java.util.ArrayList;
import java.util.List;

/**
 * Named points of a line or scatter figure, in drawing order.
 *
 * @param name the name, which also chooses the colour in a {@link Palette}
 * @param points the points, at least one
 */
public record Series(String name, List<Point> points) {
  /**
   * One point with its band; a point without one has {@code low == y == high}.
   *
   * @param x the abscissa
   * @param low the band's lower edge
   * @param y the value
   * @param high the band's upper edge
   */
  public record Point(double x, double low, double y, double high) {
    /** Checks that all is finite and that the value is in its band. */
    public Point {
      Checks.finite("point", new double[] {x, low, y, high});
      if (!(low <= y && y <= high)) {
        throw new IllegalArgumentException(
            "point: low <= y <= high expected, got " + low + ", " + y + ", " + high + " at x=" + x);
      }
    }
  }

  /** Copies the points. */
  public Series {
    points = List.copyOf(points);
    Checks.notEmpty("points of \"" + name + "\"", points);
  }

  /** A series without a band. */
  public static Series of(String name, double[] x, double[] y) {
    Checks.finite("x of \"" + name + "\"", x);
    Checks.finite("y of \"" + name + "\"", y);
    Checks.sameLength("y of \"" + name + "\"", y, x.length);
    return banded(name, x, y, y, y);
  }

  /** A series with a band from {@code low} to {@code high} about {@code y}. */
  public static Series banded(String name, double[] x, double[] low, double[] y, double[] high) {
    String of = " of \"" + name + "\"";
    Checks.finite("x" + of, x);
    double[][] columns = {low, y, high};
    String[] names = {"low" + of, "y" + of, "high" + of};
    for (int i = 0; i < columns.length; i++) {
      Checks.sameLength(names[i], columns[i], x.length);
      Checks.finite(names[i], columns[i]);
    }
    List<Point> points = new ArrayList<>(x.length);
    for (int i = 0; i < x.length; i++) {
      points.add(new Point(x[i], low[i], y[i], high[i]));
    }
    return new Series(name, points);
  }

  /**
   * One series per class of points; classes without points are left out.
   *
   * @param classes for each point, the index of its class in {@code names}
   */
  public static List<Series> byClass(double[] x, double[] y, int[] classes, List<String> names) {
    Checks.finite("x", x);
    Checks.sameLength("y", y, x.length);
    Checks.finite("y", y);
    if (classes.length != x.length) {
      throw new IllegalArgumentException(
          "classes: " + x.length + " expected, as many as x, got " + classes.length);
    }
    List<List<Point>> groups = new ArrayList<>();
    names.forEach(name -> groups.add(new ArrayList<>()));
    for (int i = 0; i < x.length; i++) {
      if (classes[i] < 0 || classes[i] >= names.size()) {
        throw new IllegalArgumentException(
            "classes: 0 to "
                + (names.size() - 1)
                + " expected, got "
                + classes[i]
                + " at index "
                + i);
      }
      groups.get(classes[i]).add(new Point(x[i], y[i], y[i], y[i]));
    }
    List<Series> series = new ArrayList<>();
    for (int c = 0; c < names.size(); c++) {
      if (!groups.get(c).isEmpty()) {
        series.add(new Series(names.get(c), groups.get(c)));
      }
    }
    return List.copyOf(series);
  }

  boolean hasBand() {
    return points.stream().anyMatch(p -> p.low() < p.high());
  }
}
