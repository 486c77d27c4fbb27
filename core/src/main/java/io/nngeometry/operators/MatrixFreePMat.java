package io.nngeometry.operators;

import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;

/**
 * A matrix that is known by its products alone. Solves go by conjugate gradients, extreme
 * eigenvalues by Lanczos; what would need the elements is refused by name.
 */
public abstract class MatrixFreePMat implements PMat {
  /** Type and device of its vectors. */
  protected abstract TensorOptions options();

  private MatrixFree products() {
    return new MatrixFree(this, representation(), options());
  }

  /**
   * By conjugate gradients to a relative residual of 1e-10, of 1e-5 in float32, or as near as
   * rounding lets them. To ask for less, or see what was reached: {@code new
   * ConjugateGradient(1e-3, 50).solve(matrix, rows, lambda)}.
   *
   * @throws io.nngeometry.linalg.NotConvergedException if the residual stays a hundred times above
   *     that
   */
  @Override
  public Tensor solve(Tensor rows, double lambda) {
    requireSymmetric("a solve");
    return products().solve(rows, lambda);
  }

  /** Fails if this combines products, which are not symmetric. */
  protected final void requireSymmetric(String operation) {
    if (!symmetric()) {
      throw new RefusedOperationException(
          operation,
          representation(),
          "it holds a matrix product, which is not symmetric",
          "its elements, toDense(), have one by torch.linalg; a dense matrix without products too");
    }
  }

  @Override
  public Tensor solveTruncated(Tensor rows, double cutoff) {
    throw refused("a truncated solve");
  }

  @Override
  public double spectralNorm() {
    requireSymmetric("the spectral norm");
    return products().spectralNorm();
  }

  @Override
  public Tensor eigenvalues() {
    throw refused("all eigenvalues");
  }

  /**
   * By Lanczos iterations to a residual of 1e-10 of the norm, of 1e-5 in float32.
   *
   * @throws io.nngeometry.linalg.NotConvergedException if they do not get there
   */
  @Override
  public TopEigen topEigen(long k) {
    requireSymmetric("an eigenvalue");
    return products().topEigen(k);
  }

  /** By Lanczos iterations, as {@link #topEigen}. */
  @Override
  public double smallestEigenvalue() {
    requireSymmetric("an eigenvalue");
    return products().smallestEigenvalue();
  }

  @Override
  public double logDeterminant(double lambda) {
    throw refused("the log-determinant");
  }

  @Override
  public PMat power(double exponent) {
    throw refused("a power");
  }

  @Override
  public PMat inverse(Damping damping) {
    throw new RefusedOperationException(
        "the inverse",
        representation(),
        "its elements are not stored",
        "solve applies it, and kfac and dense matrices hold it");
  }

  @Override
  public PMat multiply(PMat other) {
    throw refused("a product with another matrix");
  }

  @Override
  public PMat times(double factor) {
    return new CombinedPMat(factor, this, 0, this);
  }

  @Override
  public Optional<PMat> combine(double a, PMat other, double b) {
    return Optional.empty(); // there is no better form than the combination itself
  }

  @Override
  public Optional<PMat> merge(PMat other, double weight) {
    return Optional.of(new CombinedPMat(1 - weight, this, weight, other));
  }

  @Override
  public Map<String, Tensor> tensors() {
    return Map.of();
  }

  private RefusedOperationException refused(String operation) {
    return new RefusedOperationException(
        operation,
        representation(),
        "only its products are known",
        "low-rank, dense and kfac matrices answer it");
  }
}
