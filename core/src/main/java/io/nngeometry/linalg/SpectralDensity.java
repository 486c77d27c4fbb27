package io.nngeometry.linalg;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/**
 * The distribution of an operator's eigenvalues, of total weight one, as quadrature rules from
 * random vectors: what {@link Slq} finds. Every function of the operator has its trace from it,
 * without a further product.
 *
 * @param rules one a random vector
 * @param coarse of the same vectors with half the steps: how far they differ tells the error of the
 *     quadrature
 * @param size d
 * @param products operator applications it took
 */
public record SpectralDensity(List<Rule> rules, List<Rule> coarse, long size, long products) {
  /**
   * Weights at nodes.
   *
   * @param nodes ascending
   * @param weights positive, of sum one
   */
  public record Rule(double[] nodes, double[] weights) {
    double sum(DoubleUnaryOperator f) {
      double sum = 0;
      for (int k = 0; k < nodes.length; k++) {
        double value = f.applyAsDouble(nodes[k]);
        if (!Double.isFinite(value)) {
          throw new ArithmeticException(
              "the function is %s at %s, where the operator has weight".formatted(value, nodes[k]));
        }
        sum += weights[k] * value;
      }
      return sum;
    }
  }

  /**
   * A density on a grid.
   *
   * @param grid the places
   * @param values the density there, of integral one
   * @param standardErrors of the values; NaN of a single random vector
   */
  public record Curve(double[] grid, double[] values, double[] standardErrors) {}

  /** Takes copies of the lists. */
  public SpectralDensity {
    rules = List.copyOf(rules);
    coarse = List.copyOf(coarse);
  }

  /**
   * tr f(M). The standard error is that of the random vectors and, beside it, what halving the
   * steps would have changed.
   *
   * @throws ArithmeticException if f is not finite where the operator has eigenvalues
   */
  public Estimate trace(DoubleUnaryOperator f) {
    Estimate fine = mean(rules, f);
    double change = fine.value() - mean(coarse, f).value();
    return new Estimate(fine.value(), Math.hypot(fine.standardError(), change), products);
  }

  private Estimate mean(List<Rule> some, DoubleUnaryOperator f) {
    return Estimate.mean(some.stream().mapToDouble(r -> size * r.sum(f)).toArray(), products);
  }

  /**
   * log det (M + lambda I).
   *
   * @throws IndefiniteOperatorException if M + lambda I is seen not to be positive definite
   */
  public Estimate logDeterminant(double lambda) {
    Checked.lambda(lambda);
    return trace(
        x -> {
          if (!(x + lambda > 0)) {
            throw new IndefiniteOperatorException("a log-determinant needs");
          }
          return Math.log(x + lambda);
        });
  }

  /** All nodes, rule by rule. */
  public double[] nodes() {
    return rules.stream().flatMapToDouble(r -> Arrays.stream(r.nodes())).toArray();
  }

  /** The weights of {@link #nodes}, of sum one. */
  public double[] weights() {
    return rules.stream()
        .flatMapToDouble(r -> Arrays.stream(r.weights()))
        .map(w -> w / rules.size())
        .toArray();
  }

  /** The density on {@code points} places that cover it, each node a Gaussian of width sigma. */
  public Curve curve(int points, double sigma) {
    if (points < 2) {
      throw new IllegalArgumentException("a grid needs two points or more, got " + points);
    }
    double[] nodes = nodes();
    double low = Arrays.stream(nodes).min().orElseThrow() - 4 * sigma;
    double high = Arrays.stream(nodes).max().orElseThrow() + 4 * sigma;
    double[] grid = new double[points];
    Arrays.setAll(grid, k -> low + (high - low) * k / (points - 1));
    return curve(grid, sigma);
  }

  /** The density at these places, each node a Gaussian of width sigma, positive. */
  public Curve curve(double[] grid, double sigma) {
    if (!(sigma > 0)) {
      throw new IllegalArgumentException("a width must be positive, got " + sigma);
    }
    double[] values = new double[grid.length];
    double[] errors = new double[grid.length];
    double height = 1 / (sigma * Math.sqrt(2 * Math.PI));
    for (int k = 0; k < grid.length; k++) {
      double place = grid[k];
      DoubleUnaryOperator gaussian =
          x -> height * Math.exp(-0.5 * (x - place) * (x - place) / (sigma * sigma));
      Estimate e = Estimate.mean(rules.stream().mapToDouble(r -> r.sum(gaussian)).toArray(), 0);
      values[k] = e.value();
      errors[k] = e.standardError();
    }
    return new Curve(grid.clone(), values, errors);
  }
}
