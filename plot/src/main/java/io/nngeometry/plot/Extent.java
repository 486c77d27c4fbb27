package io.nngeometry.plot;

import java.util.stream.DoubleStream;

/** The least and the greatest of some numbers. */
record Extent(double low, double high) {
  static Extent of(double low, double high) {
    return new Extent(low, high);
  }

  /** The extent of at least one number. */
  static Extent of(DoubleStream values) {
    var statistics = values.summaryStatistics();
    return new Extent(statistics.getMin(), statistics.getMax());
  }
}
