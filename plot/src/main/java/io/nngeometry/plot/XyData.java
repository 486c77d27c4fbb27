package io.nngeometry.plot;

import java.util.List;
import org.jfree.data.xy.IntervalXYDataset;
import org.jfree.data.xy.YIntervalSeries;
import org.jfree.data.xy.YIntervalSeriesCollection;

/** Series as the drawing library takes them. */
final class XyData {
  private XyData() {}

  static void check(Axis x, Palette palette, List<Series> series) {
    Checks.notEmpty("series", series);
    Checks.distinct("series", series.stream().map(Series::name).toList());
    series.forEach(s -> palette.style(s.name()));
    // A point on y's floor is still in its column; one on x's floor would lie about where it is.
    if (x.isLog() && xExtent(series).low() <= 0) {
      throw new IllegalArgumentException(
          "x: a logarithmic axis needs positive numbers, got " + xExtent(series).low());
    }
  }

  static Extent xExtent(List<Series> series) {
    return Extent.of(
        series.stream().flatMap(s -> s.points().stream()).mapToDouble(Series.Point::x));
  }

  static Extent yExtent(List<Series> series) {
    double low =
        series.stream()
            .flatMap(s -> s.points().stream())
            .mapToDouble(Series.Point::low)
            .min()
            .orElseThrow();
    double high =
        series.stream()
            .flatMap(s -> s.points().stream())
            .mapToDouble(Series.Point::high)
            .max()
            .orElseThrow();
    return Extent.of(low, high);
  }

  static IntervalXYDataset dataset(Axis y, List<Series> series) {
    YIntervalSeriesCollection collection = new YIntervalSeriesCollection();
    for (Series one : series) {
      YIntervalSeries drawn = new YIntervalSeries(one.name(), false, true);
      for (Series.Point p : one.points()) {
        drawn.add(p.x(), y.place(p.y()), y.place(p.low()), y.place(p.high()));
      }
      collection.addSeries(drawn);
    }
    return collection;
  }
}
