package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.vectors.FVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;

/**
 * A kernel that is known by its products. Solves go by conjugate gradients, extreme eigenvalues by
 * Lanczos; what would need the elements is refused by name.
 */
public abstract class MatrixFreeFMat implements FMat {
  /** Type and device of its vectors. */
  protected abstract TensorOptions options();

  private MatrixFree products() {
    return new MatrixFree(this, representation(), options());
  }

  /** By conjugate gradients, as {@link MatrixFreePMat#solve}. */
  @Override
  public Tensor solve(Tensor rows, double lambda) {
    return products().solve(rows, lambda);
  }

  @Override
  public Tensor solveTruncated(Tensor rows, double cutoff) {
    throw refused("a truncated solve");
  }

  @Override
  public double spectralNorm() {
    return products().spectralNorm();
  }

  @Override
  public double frobeniusNorm() {
    throw refused("the Frobenius norm");
  }

  @Override
  public double smallestEigenvalue() {
    return products().smallestEigenvalue();
  }

  @Override
  public Tensor eigenvalues() {
    throw refused("all eigenvalues");
  }

  /** By Lanczos iterations, as {@link MatrixFreePMat#topEigen}. */
  @Override
  public TopEigen topEigen(long k) {
    return products().topEigen(k);
  }

  @Override
  public double logDeterminant(double lambda) {
    throw refused("the log-determinant");
  }

  /** By products with unit vectors. */
  @Override
  public FVector diagonal() {
    return FVector.of(
        Scope.keeping(
            () -> toDense().view(size(), size()).diagonal().clone().view(outputs(), examples())));
  }

  /** By products with unit vectors. */
  @Override
  public Tensor toDense() {
    return Scope.keeping(
        () ->
            apply(Tensors.eye(Tensors.empty(options(), 0), size()))
                .view(outputs(), examples(), outputs(), examples()));
  }

  @Override
  public FMat times(double factor) {
    return new CombinedFMat(factor, this, 0, this);
  }

  @Override
  public FMat linearCombination(double a, FMat other, double b) {
    checkSameSpace(other);
    return other instanceof FMatDense stored
        ? stored.linearCombination(b, this, a)
        : new CombinedFMat(a, this, b, other);
  }

  private RefusedOperationException refused(String operation) {
    return new RefusedOperationException(
        operation,
        representation(),
        "only its products are known",
        "dense() stores its elements and answers it");
  }
}
