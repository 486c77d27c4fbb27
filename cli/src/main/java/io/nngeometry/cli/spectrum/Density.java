package io.nngeometry.cli.spectrum;

import io.nngeometry.linalg.SpectralDensity;
import io.nngeometry.linalg.SpectralDensity.Curve;
import io.nngeometry.linalg.SpectralDensity.Rule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The density of eigenvalues over the decades of their absolute value, those above and those below
 * zero apart: the nodes of Lanczos quadrature, each a Gaussian on the logarithmic axis.
 *
 * @param zero share of the eigenvalues that are zero to rounding, and have no place there
 * @param width standard deviation of the Gaussians, in decades
 * @param positive the density of eigenvalues above zero
 * @param negative of those below; empty where none was seen
 */
public record Density(double zero, double width, List<Point> positive, List<Point> negative) {
  /** Standard deviation of a Gaussian, in decades. */
  private static final double WIDTH = 0.15;

  private static final int PER_DECADE = 20;
  private static final double REACH = 4 * WIDTH;

  /** Relative to the greatest eigenvalue. */
  private static final double ROUNDING = 1e-12;

  /**
   * The density at one place.
   *
   * @param eigenvalue absolute value of the eigenvalue
   * @param perDecade share of all eigenvalues per decade
   * @param standardError of it; absent of a single random vector
   */
  public record Point(double eigenvalue, double perDecade, OptionalDouble standardError) {}

  /** Copies the points. */
  public Density {
    positive = List.copyOf(positive);
    negative = List.copyOf(negative);
  }

  /** From a quadrature with float64 vectors, or with float32 ones. */
  public static Density of(SpectralDensity found, boolean isDouble) {
    double greatest = Arrays.stream(found.nodes()).map(Math::abs).max().orElseThrow();
    double floor = greatest * (isDouble ? ROUNDING : Math.sqrt(ROUNDING));
    double zero = 0;
    double[] nodes = found.nodes();
    double[] weights = found.weights();
    for (int k = 0; k < nodes.length; k++) {
      zero += Math.abs(nodes[k]) <= floor ? weights[k] : 0;
    }
    return new Density(zero, WIDTH, side(found, 1, floor), side(found, -1, floor));
  }

  private static List<Point> side(SpectralDensity found, int sign, double floor) {
    List<Rule> rules = found.rules().stream().map(r -> logarithms(r, sign, floor)).toList();
    SpectralDensity decades = new SpectralDensity(rules, rules, found.size(), found.products());
    double[] places = decades.nodes();
    if (places.length == 0) {
      return List.of();
    }
    double low = Arrays.stream(places).min().orElseThrow() - REACH;
    double high = Arrays.stream(places).max().orElseThrow() + REACH;
    double[] grid = new double[(int) Math.ceil((high - low) * PER_DECADE) + 1];
    Arrays.setAll(grid, k -> low + (high - low) * k / (grid.length - 1));
    Curve curve = decades.curve(grid, WIDTH);
    List<Point> points = new ArrayList<>();
    for (int k = 0; k < grid.length; k++) {
      double error = curve.standardErrors()[k];
      points.add(
          new Point(
              Math.pow(10, grid[k]),
              curve.values()[k],
              Double.isNaN(error) ? OptionalDouble.empty() : OptionalDouble.of(error)));
    }
    return points;
  }

  /** The nodes on one side of zero, by the logarithm of their absolute value. */
  private static Rule logarithms(Rule rule, int sign, double floor) {
    List<double[]> kept = new ArrayList<>();
    for (int k = 0; k < rule.nodes().length; k++) {
      if (sign * rule.nodes()[k] > floor) {
        kept.add(new double[] {Math.log10(sign * rule.nodes()[k]), rule.weights()[k]});
      }
    }
    return new Rule(
        kept.stream().mapToDouble(p -> p[0]).toArray(),
        kept.stream().mapToDouble(p -> p[1]).toArray());
  }
}
