package io.nngeometry.linalg;

import java.util.Arrays;

/**
 * A number known from samples.
 *
 * @param value the number
 * @param standardError standard deviation of {@code value}, estimated; zero where it is exact, NaN
 *     where one sample does not tell
 * @param products operator applications it took
 */
public record Estimate(double value, double standardError, long products) {

  /** Standard error relative to the value; zero where it is exact. */
  public double relativeError() {
    return standardError == 0 ? 0 : standardError / Math.abs(value);
  }

  /** Whether the relative standard error is known to be at most {@code tolerance}. */
  public boolean within(double tolerance) {
    return relativeError() <= tolerance;
  }

  /** A number without an error of sampling. */
  public static Estimate exact(double value, long products) {
    return new Estimate(value, 0, products);
  }

  /** The mean of independent samples and its standard error. */
  public static Estimate mean(double[] samples, long products) {
    double mean = Arrays.stream(samples).average().orElseThrow();
    return new Estimate(mean, standardError(samples), products);
  }

  /**
   * sqrt(mean a / mean b) of samples taken in pairs; the standard error is of first order (delta
   * method). Zero where all a are zero.
   */
  public static Estimate rootOfRatio(double[] a, double[] b, long products) {
    double mean = Arrays.stream(b).average().orElseThrow();
    double ratio = Arrays.stream(a).average().orElseThrow() / mean;
    if (ratio == 0) {
      return exact(0, products);
    }
    double[] deviations = new double[a.length];
    Arrays.setAll(deviations, k -> (a[k] - ratio * b[k]) / mean);
    double root = Math.sqrt(ratio);
    return new Estimate(root, standardError(deviations) / (2 * root), products);
  }

  private static double standardError(double[] samples) {
    int n = samples.length;
    double mean = Arrays.stream(samples).average().orElseThrow();
    double squares = Arrays.stream(samples).map(x -> (x - mean) * (x - mean)).sum();
    return n == 1 ? Double.NaN : Math.sqrt(squares / (n - 1) / n);
  }
}
