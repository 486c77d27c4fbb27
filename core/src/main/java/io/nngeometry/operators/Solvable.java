package io.nngeometry.operators;

import java.util.OptionalDouble;
import org.bytedeco.pytorch.Tensor;

/** What the kinds of {@link Damping} ask of a matrix. Vectors are rows, (m, d). */
public interface Solvable {
  /**
   * (M + lambda I)^-1 applied to each row.
   *
   * @throws SingularBlockException if M + lambda I is not positive definite
   */
  Tensor solve(Tensor rows, double lambda);

  /** Damps the factors of Kronecker blocks; other kinds have none and are damped exactly. */
  default Tensor solveFactored(Tensor rows, double lambda, OptionalDouble pi) {
    return solve(rows, lambda);
  }

  /** The pseudo-inverse without eigenvalues up to {@code cutoff} times the greatest. */
  Tensor solveTruncated(Tensor rows, double cutoff);
}
