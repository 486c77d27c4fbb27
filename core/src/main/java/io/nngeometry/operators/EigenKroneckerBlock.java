package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.layers.MatrixLayout;
import java.util.Map;
import java.util.Optional;
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
   * coefficients (groups, rows, width). A basis of shape (groups, rows) is a diagonal matrix: ones
   * where the axes themselves are eigenvectors.
   */
  public EigenKroneckerBlock(
      MatrixLayout layout, Tensor leftBasis, Tensor rightBasis, Tensor coefficients) {
    this.basis =
        new KroneckerBasis(layout, KroneckerFactor.of(leftBasis), KroneckerFactor.of(rightBasis));
    this.coefficients = coefficients;
  }

  /** Eigenvectors over rows, as columns, (groups, rows, rows); (groups, rows) if diagonal. */
  public Tensor leftBasis() {
    return basis.left().stored();
  }

  /** Eigenvectors over columns, as columns, (groups, width, width); (groups, width) if diagonal. */
  public Tensor rightBasis() {
    return basis.right().stored();
  }

  /** Second moments in the bases, (groups, rows, width). */
  public Tensor coefficients() {
    return coefficients;
  }

  @Override
  public Optional<MatrixLayout> layout() {
    return Optional.of(basis.layout());
  }

  @Override
  public String kind() {
    return "eigen-kronecker";
  }

  @Override
  public long size() {
    return basis.layout().size();
  }

  @Override
  public Tensor apply(Tensor rows) {
    return Scope.keeping(() -> eigen().apply(rows, coefficients));
  }

  private Eigenform eigen() {
    return new Eigenform(basis, coefficients);
  }

  @Override
  public Optional<Eigenform> eigenform() {
    return Optional.of(eigen());
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

  /** Coordinates in the bases: rows (m, p) to (m, groups, rows, width). */
  public Tensor coordinates(Tensor rows) {
    return Scope.keeping(() -> basis.to(rows));
  }

  @Override
  public Optional<Block> combine(double a, Block other, double b) {
    if (other instanceof IdentityBlock identity) {
      double shift = b * identity.trace() / identity.size();
      return Block.keepingIf(
          true, () -> basis.block(coefficients.mul(new Scalar(a)).add(new Scalar(shift))));
    }
    return other instanceof EigenKroneckerBlock that
        ? Block.keepingIf(
            basis.sameAs(that.basis),
            () ->
                basis.block(coefficients.mul(new Scalar(a)).add(that.coefficients, new Scalar(b))))
        : Optional.empty();
  }

  /** As {@link #combine}, after which this block, a temporary, is closed. */
  Optional<Block> combineAndClose(double a, Block other, double b) {
    try (EigenKroneckerBlock me = this) {
      return me.combine(a, other, b);
    }
  }

  @Override
  public Optional<Block> multiply(Block other) {
    if (other instanceof IdentityBlock identity) {
      return identity.multiply(this);
    }
    return other instanceof EigenKroneckerBlock that
        ? Block.keepingIf(
            basis.sameAs(that.basis), () -> basis.block(coefficients.mul(that.coefficients)))
        : Optional.empty();
  }

  @Override
  public Block times(double factor) {
    return Block.keeping(() -> basis.block(coefficients.mul(new Scalar(factor))));
  }

  @Override
  public Map<String, Tensor> tensors() {
    return Map.of(
        "left_basis", leftBasis(), "right_basis", rightBasis(), "coefficients", coefficients);
  }
}
