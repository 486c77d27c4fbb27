package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Conjugate gradients for (M + lambda I) x = b with M positive semi-definite (Hestenes and Stiefel
 * 1952), one right-hand side a row. The residual that the recurrence believes in drifts from the
 * true one by rounding, so the true one decides: where it lags behind, the iteration starts again
 * from it.
 *
 * <pre>{@code
 * ConjugateGradient cg = ConjugateGradient.of(type).preconditioned(Preconditioner.of(kfac, damping));
 * Solution step = cg.solve(fisher, gradients, lambda);
 * }</pre>
 *
 * @param tolerance relative residual |b - (M + lambda I) x| / |b| at which a row counts as solved
 * @param maxIterations iterations at the most; each is a product, and so is every look at the true
 *     residual
 * @param block whether the rows share their search directions (O'Leary 1980) and not only their
 *     products: fewer iterations, more work beside the products, which suits expensive ones
 * @param preconditioner a positive definite operator near (M + lambda I)^-1, or none
 * @param monitor watches, and may stop and resume
 */
public record ConjugateGradient(
    double tolerance,
    int maxIterations,
    boolean block,
    @Nullable LinearOperator preconditioner,
    Monitor monitor) {
  /** Solves to a relative residual of 1e-10 in at most 1,000 iterations. */
  public static final ConjugateGradient DEFAULT = new ConjugateGradient(1e-10, 1000);

  private static final String NAME = "conjugate gradients";

  /** Checks its options. */
  public ConjugateGradient {
    Checked.options(NAME, tolerance, maxIterations);
  }

  /** Without preconditioner, each row with step lengths of its own. */
  public ConjugateGradient(double tolerance, int maxIterations) {
    this(tolerance, maxIterations, false, null, Monitor.SILENT);
  }

  /** What vectors of {@code type} can be solved to: 1e-10, or 1e-5 in float32. */
  public static ConjugateGradient of(ScalarType type) {
    return type.intern() == ScalarType.Double ? DEFAULT : new ConjugateGradient(1e-5, 1000);
  }

  /** With rows that share their search directions. */
  public ConjugateGradient blocked() {
    return new ConjugateGradient(tolerance, maxIterations, true, preconditioner, monitor);
  }

  /** With an operator near the inverse of M + lambda I. */
  public ConjugateGradient preconditioned(LinearOperator inverse) {
    return new ConjugateGradient(tolerance, maxIterations, block, inverse, monitor);
  }

  /** Under {@code watch}. */
  public ConjugateGradient monitored(Monitor watch) {
    return new ConjugateGradient(tolerance, maxIterations, block, preconditioner, watch);
  }

  /**
   * Solves for every row of b, (m, d), as far as it gets: ask the solution whether it converged.
   *
   * @throws IndefiniteOperatorException if M + lambda I or the preconditioner is seen not to be
   *     positive definite
   * @throws IllegalArgumentException if the operator is not symmetric or b of a wrong shape
   * @throws CancelledException if stopped
   */
  public Solution solve(LinearOperator operator, Tensor b, double lambda) {
    return run(operator, b, lambda, null);
  }

  /** Solves from the start {@code x0}, (m, d). */
  public Solution solve(LinearOperator operator, Tensor b, double lambda, Tensor x0) {
    Checked.rows(x0, operator.size(), "starts");
    if (x0.size(0) != b.size(0) || Tensors.type(x0) != Tensors.type(b)) {
      throw new IllegalArgumentException(
          "%d starts of %s for %d right-hand sides of %s"
              .formatted(x0.size(0), Tensors.type(x0), b.size(0), Tensors.type(b)));
    }
    return run(operator, b, lambda, x0);
  }

  private Solution run(LinearOperator operator, Tensor b, double lambda, @Nullable Tensor x0) {
    LinearOperator.requireSymmetric(operator, NAME);
    Checked.rows(b, operator.size(), "right-hand sides");
    Checked.lambda(lambda);
    if (preconditioner != null && preconditioner.size() != operator.size()) {
      throw new IllegalArgumentException(
          "a preconditioner of dimension %d does not fit an operator of dimension %d"
              .formatted(preconditioner.size(), operator.size()));
    }
    try (Scope scope = Scope.open()) {
      Run run = new Run(NAME, monitor, b.size(0), b.size(1));
      Tensor from = run.resumes() ? run.get("x") : x0 == null ? torch.zeros_like(b) : x0.detach();
      Equations equations = new Equations(NAME, operator, preconditioner, lambda, b);
      Recurrence state =
          block
              ? new BlockRecurrence(equations, from, tolerance)
              : new RowRecurrence(equations, from, tolerance);
      int iterations = run.resumes() ? (int) run.counter("iterations") : 0;
      double checked = Double.POSITIVE_INFINITY;
      double reached = state.worst();
      boolean stuck = false;
      while (reached > tolerance && iterations < maxIterations && !stuck) {
        for (double r = reached; r > tolerance && iterations < maxIterations; r = state.worst()) {
          state.iterate();
          int done = ++iterations;
          run.step(
              done,
              maxIterations,
              state.worst(),
              () -> Map.of("x", equations.unscaled(state.x()), "iterations", Run.counter(done)));
        }
        state.restart();
        reached = state.worst();
        stuck = reached > checked / 2; // rounding has the last word
        checked = reached;
      }
      return new Solution(
          scope.keep(equations.unscaled(state.x())),
          equations.products(),
          reached,
          reached <= tolerance);
    }
  }
}
