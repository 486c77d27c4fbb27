package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Conjugate gradients for (M + lambda I) x = b with M positive semi-definite (Hestenes and Stiefel
 * 1952), one right-hand side a row, each with step lengths of its own but sharing every product.
 * The residual that the recurrence believes in drifts from the true one by rounding, so the true
 * one decides: where it lags behind, the iteration starts again from it.
 *
 * @param tolerance relative residual at which a row counts as solved
 * @param maxIterations iterations at the most; each is a product, and so is every look at the true
 *     residual
 */
public record ConjugateGradient(double tolerance, int maxIterations) {
  /** Solves to a relative residual of 1e-10 in at most 1,000 iterations. */
  public static final ConjugateGradient DEFAULT = new ConjugateGradient(1e-10, 1000);

  /** Checks its options. */
  public ConjugateGradient {
    if (!(tolerance > 0) || maxIterations < 1) {
      throw new IllegalArgumentException(
          "conjugate gradients need a positive tolerance and an iteration or more");
    }
  }

  /** What vectors of {@code type} can be solved to: 1e-10, or 1e-5 in float32. */
  public static ConjugateGradient of(ScalarType type) {
    return type.intern() == ScalarType.Double ? DEFAULT : new ConjugateGradient(1e-5, 1000);
  }

  /**
   * An approximate solution and how good it is.
   *
   * @param x (m, d)
   * @param products operator applications used
   * @param relativeResidual greatest |b - (M + lambda I) x| / |b| over the rows, computed from x
   * @param converged whether that is within the tolerance
   */
  public record Solution(Tensor x, int products, double relativeResidual, boolean converged) {}

  /**
   * Solves for every row of b, (m, d), as far as it gets: ask the solution whether it converged.
   *
   * @throws IndefiniteOperatorException if M + lambda I is seen not to be positive definite
   * @throws IllegalArgumentException if the operator is not symmetric
   */
  public Solution solve(LinearOperator operator, Tensor b, double lambda) {
    LinearOperator.requireSymmetric(operator, "conjugate gradients");
    try (Scope scope = Scope.open()) {
      Iteration state = new Iteration(operator, b, lambda);
      double reached = state.worst();
      double checked = Double.POSITIVE_INFINITY;
      boolean stuck = false;
      int checks = 0;
      while (reached > tolerance && state.iterations < maxIterations && !stuck) {
        state.iterate();
        state.restart();
        checks++;
        reached = state.worst();
        stuck = reached > checked / 2; // rounding has the last word
        checked = reached;
      }
      return new Solution(
          scope.keep(state.x), state.iterations + checks, reached, reached <= tolerance);
    }
  }

  /** The vectors of one solve. */
  private final class Iteration {
    private final LinearOperator operator;
    private final Tensor b;
    private final double lambda;
    private final Tensor scale;
    private final Tensor x;
    private final Tensor r;
    private final Tensor p;
    private final Tensor rr;
    private int iterations;

    Iteration(LinearOperator operator, Tensor b, double lambda) {
      this.operator = operator;
      this.b = b;
      this.lambda = lambda;
      x = torch.zeros_like(b);
      r = b.clone();
      p = b.clone();
      rr = dots(r, r);
      Tensor norms = rr.sqrt();
      scale = torch.where(norms.gt(new Scalar(0)), norms, torch.ones_like(norms));
    }

    private Tensor residuals() {
      return rr.sqrt().div(scale);
    }

    double worst() {
      try (Scope scope = Scope.open()) {
        double worst = Tensors.item(residuals().max());
        if (!Double.isFinite(worst)) {
          throw new ArithmeticException(
              "conjugate gradients broke down: the operator gave NaN or infinite values");
        }
        return worst;
      }
    }

    private Tensor damped(Tensor v) {
      return operator.apply(v).add(v, new Scalar(lambda));
    }

    void iterate() {
      while (worst() > tolerance && iterations < maxIterations) {
        try (Scope step = Scope.open()) {
          Tensor image = damped(p);
          iterations++;
          Tensor curvature = dots(p, image);
          // rows that are solved wait for the others: their directions are rounding
          Tensor active = residuals().gt(new Scalar(tolerance));
          if (curvature.le(new Scalar(0)).logical_and(active).any().item_bool()) {
            throw new IndefiniteOperatorException("conjugate gradients need");
          }
          Tensor none = torch.zeros_like(rr);
          Tensor alpha = torch.where(active, rr.div(curvature), none);
          x.addcmul_(alpha, p);
          r.addcmul_(alpha, image, new Scalar(-1));
          Tensor next = dots(r, r);
          p.mul_(torch.where(active, next.div(rr), none)).add_(r);
          rr.copy_(next);
        }
      }
    }

    /** Sets out again from the true residual. */
    void restart() {
      try (Scope step = Scope.open()) {
        r.copy_(b.sub(damped(x)));
        p.copy_(r);
        rr.copy_(dots(r, r));
      }
    }
  }

  private static Tensor dots(Tensor a, Tensor b) {
    return Tensors.sum(a.mul(b), true, 1);
  }
}
