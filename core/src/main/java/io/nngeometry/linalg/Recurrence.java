package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** The vectors of one conjugate-gradient solve, in its caller's scope. */
abstract class Recurrence {
  static final String PRECONDITIONER = "conjugate gradients need as their preconditioner";
  final Equations equations;
  final double tolerance;
  final Tensor x;
  final Tensor r;

  Recurrence(Equations equations, Tensor from, double tolerance) {
    this.equations = equations;
    this.tolerance = tolerance;
    x = equations.scaled(from).clone();
    r = equations.residual(x, Tensors.item(x.abs().max()) == 0);
  }

  final Tensor x() {
    return x;
  }

  /** Relative residuals that the recurrence believes in, (m, 1). */
  final Tensor residuals() {
    return Scope.keeping(() -> equations.relative(Equations.norms(r)));
  }

  /** Rows that are not solved: directions of the others are rounding. */
  final Tensor active() {
    return Scope.keeping(() -> residuals().gt(new Scalar(tolerance)));
  }

  final double worst() {
    try (Scope scope = Scope.open()) {
      double worst = Tensors.item(residuals().max());
      if (!Double.isFinite(worst)) {
        throw new ArithmeticException(
            "conjugate gradients broke down: the operator gave NaN or infinite values");
      }
      return worst;
    }
  }

  /** Sets out again from the true residual. */
  final void restart() {
    try (Scope scope = Scope.open()) {
      r.copy_(equations.residual(x, false));
    }
    begin(); // what it makes anew lives as long as this
  }

  /** One product with every direction. */
  abstract void iterate();

  /** Forgets the directions but for the residuals'. */
  abstract void begin();
}
