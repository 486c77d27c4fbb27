package io.nngeometry.linalg;

import org.bytedeco.pytorch.Tensor;

/**
 * Some eigenvalues of a symmetric operator and their eigenvectors, the first asked for first.
 *
 * @param values (k), float64
 * @param vectors orthonormal rows, (k, d)
 * @param residuals |M v - value v| of each, computed from the vectors, (k), float64: an eigenvalue
 *     is no further from its value
 * @param relativeResidual the greatest of them relative to the operator's norm
 * @param products operator applications used, each to one vector
 * @param converged whether that is within the tolerance, and nothing else was seen to belong here
 */
public record Eigenpairs(
    Tensor values,
    Tensor vectors,
    Tensor residuals,
    double relativeResidual,
    long products,
    boolean converged)
    implements AutoCloseable {
  @Override
  public void close() {
    values.close();
    vectors.close();
    residuals.close();
  }
}
