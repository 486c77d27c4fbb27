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
  private final double rest;

  /**
   * Takes over bases (groups, rows, rows) and (groups, width, width), eigenvectors as columns, and
   * coefficients (groups, rows, width). A basis of shape (groups, rows) is a diagonal matrix: ones
   * where the axes themselves are eigenvectors. Either may lack vectors, and the coefficients then
   * have fewer rows or columns.
   *
   * @param rest the eigenvalue of all that is orthogonal to what the bases span
   */
  public EigenKroneckerBlock(
      MatrixLayout layout, Tensor leftBasis, Tensor rightBasis, Tensor coefficients, double rest) {
    this.basis =
        new KroneckerBasis(
            layout, OrthonormalVectors.of(leftBasis), OrthonormalVectors.of(rightBasis));
    this.coefficients = coefficients;
    this.rest = rest;
  }

  /**
   * Eigenvectors over rows, as columns, (groups, rows, r); (groups, rows) if diagonal. r is less
   * than the number of rows where the signals were fewer.
   */
  public Tensor leftBasis() {
    return basis.left().stored();
  }

  /**
   * Eigenvectors over columns, as columns, (groups, width, r); (groups, width) if diagonal. r is
   * less than the width where the inputs were fewer.
   */
  public Tensor rightBasis() {
    return basis.right().stored();
  }

  /** Second moments in the bases, for each pair of their vectors. */
  public Tensor coefficients() {
    return coefficients;
  }

  /** The eigenvalue of all that is orthogonal to what the bases span. */
  public double rest() {
    return rest;
  }

  /** The dimension of that. */
  public long missing() {
    return basis.missing();
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
    return Scope.keeping(() -> eigen().apply(rows));
  }

  private Eigenform eigen() {
    return new Eigenform(basis, coefficients, rest);
  }

  @Override
  public Optional<Eigenform> eigenform() {
    return Optional.of(eigen());
  }

  @Override
  public Tensor diagonal() {
    Scalar r = new Scalar(rest);
    return Scope.keeping(
        () ->
            basis.missing() == 0
                ? basis.diagonal(coefficients)
                : basis.diagonal(coefficients.sub(r)).add(r));
  }

  @Override
  public double trace() {
    return eigen().trace();
  }

  @Override
  public double frobeniusNorm() {
    return eigen().frobeniusNorm();
  }

  /** Coordinates in the bases: rows (m, p) to (m, ...), of the coefficients' shape. */
  public Tensor coordinates(Tensor rows) {
    return Scope.keeping(() -> basis.to(rows));
  }

  @Override
  public Optional<Block> combine(double a, Block other, double b) {
    if (other instanceof IdentityBlock identity) {
      double shift = b * identity.trace() / identity.size();
      return Block.keepingIf(
          true,
          () ->
              basis.block(
                  coefficients.mul(new Scalar(a)).add(new Scalar(shift)), a * rest + shift));
    }
    return other instanceof EigenKroneckerBlock that
        ? Block.keepingIf(
            basis.sameAs(that.basis),
            () ->
                basis.block(
                    coefficients.mul(new Scalar(a)).add(that.coefficients, new Scalar(b)),
                    a * rest + b * that.rest))
        : Optional.empty();
  }

  /** The same matrix, as tensors of its own. */
  public EigenKroneckerBlock copy() {
    return (EigenKroneckerBlock) times(1);
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
            basis.sameAs(that.basis),
            () -> basis.block(coefficients.mul(that.coefficients), rest * that.rest))
        : Optional.empty();
  }

  @Override
  public Block times(double factor) {
    return Block.keeping(() -> basis.block(coefficients.mul(new Scalar(factor)), factor * rest));
  }

  @Override
  public Map<String, Tensor> tensors() {
    return Map.of(
        "left_basis", leftBasis(), "right_basis", rightBasis(), "coefficients", coefficients);
  }
}
