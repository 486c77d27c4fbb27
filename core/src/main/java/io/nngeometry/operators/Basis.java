package io.nngeometry.operators;

import org.bytedeco.pytorch.Tensor;

/** An orthonormal basis of R^p, applied without being formed where it has structure. */
interface Basis {
  /** Coordinates in the basis: rows (m, p) to (m, ...), of the coefficients' shape. */
  Tensor to(Tensor rows);

  /** The rows with given coordinates: (m, ...) to (m, p). */
  Tensor from(Tensor coordinates);

  /** The matrix that is diagonal in this basis, of which {@code coefficients} are taken over. */
  Block block(Tensor coefficients);
}
