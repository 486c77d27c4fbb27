package io.nngeometry.operators;

import org.bytedeco.pytorch.Tensor;

/**
 * The greatest eigenvalues of a symmetric matrix and their eigenvectors.
 *
 * @param values descending, (k)
 * @param vectors unit vectors as rows, (k, d)
 */
public record TopEigen(Tensor values, Tensor vectors) implements AutoCloseable {
  @Override
  public void close() {
    values.close();
    vectors.close();
  }
}
