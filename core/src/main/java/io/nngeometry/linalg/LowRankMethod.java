package io.nngeometry.linalg;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;

/**
 * A way to approximate a positive semi-definite operator by one of low rank from products with a
 * few random vectors, without its elements.
 */
public sealed interface LowRankMethod permits RandomizedRangeFinder, Nystrom {
  /**
   * An approximation R^T R.
   *
   * @param rows R, (r, d): orthogonal, of descending norm, the squared norms being the eigenvalues
   * @param products operator applications used
   */
  record Factor(Tensor rows, long products) {}

  /**
   * Approximates {@code operator} by a rank of at most {@code rank}; less where the operator has
   * less, but one row at least.
   *
   * @param options type and device of the operator's vectors
   * @throws IllegalArgumentException if the rank is not in [1, d] or the operator not symmetric
   * @throws IndefiniteOperatorException if the operator is seen not to be positive semi-definite
   */
  Factor approximate(LinearOperator operator, long rank, TensorOptions options);

  /** Vectors beyond the rank. */
  int oversampling();

  /** Vectors that an approximation of this rank multiplies at once. */
  default long width(long rank, long d) {
    return Math.min(d, rank + oversampling());
  }
}
