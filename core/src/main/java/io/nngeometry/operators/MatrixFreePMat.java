package io.nngeometry.operators;

import io.nngeometry.linalg.ConjugateGradient;
import io.nngeometry.linalg.Lanczos;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;

/**
 * A matrix that is known by its products alone. Solves go by conjugate gradients, the spectral norm
 * by Lanczos; what would need the elements is refused by name.
 */
public abstract class MatrixFreePMat implements PMat {
  /** Type and device of its vectors. */
  protected abstract TensorOptions options();

  /** By conjugate gradients to a relative residual of 1e-10, of 1e-5 in float32. */
  @Override
  public Tensor solve(Tensor rows, double lambda) {
    if (lambda == 0) {
      throw new SingularBlockException("a matrix known by its products", 0);
    }
    return new ConjugateGradient(rows.element_size() == 8 ? 1e-10 : 1e-5, 1000)
        .solve(this, rows.detach(), lambda)
        .x();
  }

  @Override
  public Tensor solveTruncated(Tensor rows, double cutoff) {
    throw refused("a truncated solve");
  }

  @Override
  public double spectralNorm() {
    return Lanczos.DEFAULT.spectralNorm(this, options());
  }

  @Override
  public Tensor eigenvalues() {
    throw refused("all eigenvalues");
  }

  @Override
  public TopEigen topEigen(long k) {
    throw refused("eigenvectors");
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
