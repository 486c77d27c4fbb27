package io.nngeometry.linalg;

import org.bytedeco.pytorch.Tensor;

/** A linear map A from R^d to R^n that is known by its action and its adjoint's. */
public interface RectangularOperator {
  /** The dimension n of the images. */
  long rows();

  /** The dimension d of the vectors. */
  long columns();

  /**
   * A v for each row v.
   *
   * @param vectors (m, d)
   * @return (m, n), of the same dtype
   */
  Tensor apply(Tensor vectors);

  /**
   * A^T u for each row u.
   *
   * @param vectors (m, n)
   * @return (m, d), of the same dtype
   */
  Tensor applyTransposed(Tensor vectors);
}
