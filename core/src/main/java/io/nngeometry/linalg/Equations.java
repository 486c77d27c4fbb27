package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * (M + lambda I) x = b for rows b, scaled to a greatest coordinate of one: squares of small
 * gradients would vanish in float32, and rows of different sizes would not share directions.
 */
final class Equations {
  private final String who;
  private final LinearOperator operator;
  private final @Nullable LinearOperator preconditioner;
  private final double lambda;
  private final Tensor scale;
  private final Tensor b;
  private final Tensor norms;
  private int products;

  Equations(
      String who,
      LinearOperator operator,
      @Nullable LinearOperator preconditioner,
      double lambda,
      Tensor b) {
    this.who = who;
    this.operator = operator;
    this.preconditioner = preconditioner;
    this.lambda = lambda;
    Tensor rows = b.detach();
    scale = orOne(rows.abs().amax(new long[] {1}, true));
    this.b = rows.div(scale);
    norms = orOne(norms(this.b));
  }

  /** Norms of rows, (m, 1). */
  static Tensor norms(Tensor rows) {
    return Scope.keeping(() -> dots(rows, rows).sqrt());
  }

  /** Inner products of rows, (m, 1). */
  static Tensor dots(Tensor a, Tensor b) {
    return Scope.keeping(() -> Tensors.sum(a.mul(b), true, 1));
  }

  /** What to divide by: one in place of zero. */
  static Tensor orOne(Tensor t) {
    return Scope.keeping(() -> torch.where(t.gt(new Scalar(0)), t, torch.ones_like(t)));
  }

  int products() {
    return products;
  }

  /** A product. */
  Tensor damped(Tensor rows) {
    products++;
    return Scope.keeping(() -> Checked.product(operator, rows, who).add(rows, new Scalar(lambda)));
  }

  /** b - (M + lambda I) x; without a product where x is zero. */
  Tensor residual(Tensor x, boolean zero) {
    return zero ? b.clone() : Scope.keeping(() -> b.sub(damped(x)));
  }

  /** The preconditioner's image, or the rows themselves. */
  Tensor preconditioned(Tensor rows) {
    LinearOperator inverse = preconditioner;
    return inverse == null
        ? rows
        : Scope.keeping(() -> Checked.product(inverse, rows, "a preconditioner"));
  }

  boolean plain() {
    return preconditioner == null;
  }

  Tensor scaled(Tensor x) {
    return x.div(scale);
  }

  Tensor unscaled(Tensor x) {
    return x.mul(scale);
  }

  /** Residual norms relative to those of b, (m, 1). */
  Tensor relative(Tensor residualNorms) {
    return residualNorms.div(norms);
  }
}
