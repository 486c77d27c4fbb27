package io.nngeometry.operators;

import org.bytedeco.pytorch.Tensor;

/**
 * Orthonormal vectors in R^p, all or some, applied without being formed where they have structure.
 */
interface Basis {
  /** Coordinates along the vectors: rows (m, p) to (m, ...), of the coefficients' shape. */
  Tensor to(Tensor rows);

  /** The rows with given coordinates: (m, ...) to (m, p). */
  Tensor from(Tensor coordinates);

  /**
   * The matrix that is diagonal in this basis, of which {@code coefficients} are taken over.
   *
   * @param rest its eigenvalue for all that is orthogonal to the vectors
   */
  Block block(Tensor coefficients, double rest);

  /** How many vectors it lacks. */
  default long missing() {
    return 0;
  }

  /** The matrix with these eigenvalues in a basis that lacks none. */
  default Eigenform completed(Tensor values, double rest) {
    return new Eigenform(this, values, rest);
  }
}
