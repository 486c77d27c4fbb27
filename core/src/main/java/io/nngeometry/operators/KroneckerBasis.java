package io.nngeometry.operators;

import io.nngeometry.layers.MatrixLayout;
import org.bytedeco.pytorch.Tensor;

/**
 * A Kronecker product of two orthonormal bases, per group of a linear map.
 *
 * @param layout how matrices lie in flat vectors
 * @param left vectors over rows, as columns; a diagonal of ones keeps the axes
 * @param right vectors over columns, as columns
 */
record KroneckerBasis(MatrixLayout layout, KroneckerFactor left, KroneckerFactor right)
    implements Basis {

  @Override
  public Tensor to(Tensor rows) {
    return right.applyRight(left.applyLeftTransposed(layout.toMatrix(rows)));
  }

  @Override
  public Tensor from(Tensor coordinates) {
    return layout.toFlat(right.applyRightTransposed(left.applyLeft(coordinates)));
  }

  @Override
  public Block block(Tensor coefficients) {
    return new EigenKroneckerBlock(
        layout, left.copy().stored(), right.copy().stored(), coefficients);
  }

  /** The diagonal of the matrix with these coefficients, flat. */
  Tensor diagonal(Tensor coefficients) {
    return layout.toFlat(
        right.squared().applyRightTransposed(left.squared().applyLeft(coefficients)));
  }

  boolean sameAs(KroneckerBasis that) {
    return layout.equals(that.layout) && left.sameAs(that.left) && right.sameAs(that.right);
  }

  /** (groups, r) and (groups, q) to (groups, r, q). */
  static Tensor outer(Tensor rows, Tensor columns) {
    return rows.unsqueeze(2).mul(columns.unsqueeze(1));
  }
}
