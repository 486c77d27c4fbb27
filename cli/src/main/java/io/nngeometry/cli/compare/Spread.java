package io.nngeometry.cli.compare;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/**
 * Some measurements in three numbers.
 *
 * @param median the middle one, or the mean of the two in the middle
 * @param min the least
 * @param max the greatest
 */
public record Spread(double median, double min, double max) {
  /** The spread of at least one number. */
  static Spread of(List<Double> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException("a spread needs a measurement");
    }
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Spread(median, sorted[0], sorted[sorted.length - 1]);
  }

  /** The spread of {@code f} of the numbers, for an f that only rises or only falls. */
  public Spread map(DoubleUnaryOperator f) {
    double[] ends = {f.applyAsDouble(min), f.applyAsDouble(max)};
    Arrays.sort(ends);
    return new Spread(f.applyAsDouble(median), ends[0], ends[1]);
  }
}
