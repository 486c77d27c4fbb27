package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Least squares by LSMR (Fong and Saunders 2011): the x of least |A x - b|^2 + lambda |x|^2, and of
 * least norm where that leaves a choice, is what conjugate residuals on (A^T A + lambda I) x = A^T
 * b would give without the rounding of A^T A. One right-hand side a row, each with step lengths of
 * its own. As in {@link ConjugateGradient}, the true residual decides.
 *
 * @param tolerance relative residual of the normal equations, |A^T (b - A x) - lambda x| / |A^T b|,
 *     at which a row counts as solved
 * @param maxIterations iterations at the most, each a product with A and one with A^T
 * @param monitor watches, and may stop and resume
 */
public record Lsmr(double tolerance, int maxIterations, Monitor monitor) {
  /** Solves to a relative residual of 1e-10 in at most 1,000 iterations. */
  public static final Lsmr DEFAULT = new Lsmr(1e-10, 1000, Monitor.SILENT);

  private static final String NAME = "LSMR";

  /** Checks its options. */
  public Lsmr {
    Checked.options(NAME + " iterations", tolerance, maxIterations);
  }

  /** What vectors of {@code type} can be solved to: 1e-10, or 1e-5 in float32. */
  public static Lsmr of(ScalarType type) {
    return type.intern() == ScalarType.Double ? DEFAULT : new Lsmr(1e-5, 1000, Monitor.SILENT);
  }

  /** Under {@code watch}. */
  public Lsmr monitored(Monitor watch) {
    return new Lsmr(tolerance, maxIterations, watch);
  }

  /**
   * Solves for every row of b, (m, n), as far as it gets: ask the solution whether it converged.
   * Its products are pairs, one with A and one with A^T.
   *
   * @param lambda damping, zero or more
   * @throws IllegalArgumentException if b is of a wrong shape or lambda negative
   * @throws CancelledException if stopped
   */
  public Solution solve(RectangularOperator operator, Tensor b, double lambda) {
    return run(operator, b, lambda, null);
  }

  /** Solves from the start {@code x0}, (m, d). */
  public Solution solve(RectangularOperator operator, Tensor b, double lambda, Tensor x0) {
    Checked.rows(x0, operator.columns(), "starts");
    return run(operator, b, lambda, x0);
  }

  private Solution run(RectangularOperator operator, Tensor b, double lambda, @Nullable Tensor x0) {
    Checked.rows(b, operator.rows(), "right-hand sides");
    if (!(lambda >= 0) || Double.isInfinite(lambda)) {
      throw new IllegalArgumentException(
          "least squares need a finite damping of at least zero, got " + lambda);
    }
    try (Scope scope = Scope.open()) {
      Run run = new Run(NAME, monitor, b.size(0), operator.rows(), operator.columns());
      Tensor x = Tensors.zeros(b, b.size(0), operator.columns());
      if (run.resumes()) {
        x.copy_(run.get("x"));
      } else if (x0 != null) {
        x.copy_(x0.detach());
      }
      LeastSquares problem = new LeastSquares(operator, b.detach(), Math.sqrt(lambda), x);
      int iterations = run.resumes() ? (int) run.counter("iterations") : 0;
      double checked = Double.POSITIVE_INFINITY;
      double reached = problem.restart();
      boolean stuck = false;
      while (reached > tolerance && iterations < maxIterations && !stuck) {
        for (double r = reached; r > tolerance && iterations < maxIterations; ) {
          r = problem.iterate(tolerance);
          int done = ++iterations;
          run.step(
              done,
              maxIterations,
              r,
              () -> Map.of("x", problem.x(), "iterations", Run.counter(done)));
        }
        reached = problem.restart();
        stuck = reached > checked / 2; // rounding has the last word
        checked = reached;
      }
      return new Solution(
          scope.keep(problem.x().clone()), problem.products(), reached, reached <= tolerance);
    }
  }
}
