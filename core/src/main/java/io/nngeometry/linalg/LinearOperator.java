package io.nngeometry.linalg;

import org.bytedeco.pytorch.Tensor;

/** A symmetric linear map of R^d that is known by its action. */
public interface LinearOperator {
  /** The dimension d. */
  long size();

  /**
   * The image of each row.
   *
   * @param vectors (m, d)
   * @return (m, d), of the same dtype
   */
  Tensor apply(Tensor vectors);
}
