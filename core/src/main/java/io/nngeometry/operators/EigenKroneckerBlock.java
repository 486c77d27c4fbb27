package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.MatrixLayout;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * A matrix that is diagonal in a Kronecker product of two orthonormal bases, per group of a linear
 * map (George et al. 2018, equation 8). With products of the factors' eigenvalues on the diagonal
 * it is KFAC; with the exact second moments of the rotated gradients it is EKFAC.
 */
public final class EigenKroneckerBlock implements Block {
  private final KroneckerBasis basis;
  private final Tensor coefficients;

  /**
   * Takes over bases (groups, rows, rows) and (groups, width, width), eigenvectors as columns, and
   * coefficients (groups, rows, width).
   */
  public EigenKroneckerBlock(
      MatrixLayout layout, Tensor leftBasis, Tensor rightBasis, Tensor coefficients) {
    this.basis = new KroneckerBasis(layout, leftBasis, rightBasis);
    this.coefficients = coefficients;
  }

  /** Eigenvectors over rows, as columns, (groups, rows, rows). */
  public Tensor leftBasis() {
    return basis.left();
  }

  /** Eigenvectors over columns, as columns, (groups, width, width). */
  public Tensor rightBasis() {
    return basis.right();
  }

  /** Second moments in the bases, (groups, rows, width). */
  public Tensor coefficients() {
    return coefficients;
  }

  @Override
  public long size() {
    return basis.layout().size();
  }

  @Override
  public Tensor apply(Tensor rows) {
    return Scope.keeping(() -> basis.apply(rows, coefficients));
  }

  @Override
  public Tensor diagonal() {
    return Scope.keeping(() -> basis.diagonal(coefficients));
  }

  @Override
  public double trace() {
    return Spectrum.number(coefficients::sum);
  }

  @Override
  public double frobeniusNorm() {
    return Spectrum.number(coefficients::norm);
  }

  @Override
  public Tensor eigenvalues() {
    return Scope.keeping(() -> Tensors.ascending(coefficients.flatten()));
  }

  @Override
  public Tensor solve(Tensor rows, double lambda) {
    return Scope.keeping(
        () -> {
          Tensor damped = coefficients.add(new Scalar(lambda));
          Spectrum.checkPositive("the matrix", damped, lambda);
          return basis.apply(rows, damped.reciprocal());
        });
  }

  @Override
  public Map<String, Tensor> tensors() {
    return Map.of(
        "left_basis", basis.left(), "right_basis", basis.right(), "coefficients", coefficients);
  }
}
