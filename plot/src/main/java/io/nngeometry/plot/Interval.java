package io.nngeometry.plot;

import java.util.Arrays;

/**
 * The spread of one measurement: its median and how far it went to either side.
 *
 * @param low the lower end of the whisker
 * @param median the dot
 * @param high the upper end of the whisker
 */
public record Interval(double low, double median, double high) {
  /** Checks the order. */
  public Interval {
    Checks.finite("interval", new double[] {low, median, high});
    if (!(low <= median && median <= high)) {
      throw new IllegalArgumentException(
          "interval: low <= median <= high expected, got " + low + ", " + median + ", " + high);
    }
  }

  /** The least, the median and the greatest of some measurements. */
  public static Interval ofAll(double... values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("values: at least one expected, got none");
    }
    Checks.finite("values", values);
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1
            ? sorted[middle]
            : sorted[middle - 1] + (sorted[middle] - sorted[middle - 1]) / 2;
    return new Interval(sorted[0], median, sorted[sorted.length - 1]);
  }
}
