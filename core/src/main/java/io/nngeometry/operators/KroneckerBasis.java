package io.nngeometry.operators;

import io.nngeometry.layers.MatrixLayout;
import org.bytedeco.pytorch.Tensor;

/**
 * A Kronecker product of two orthonormal bases, per group of a linear map.
 *
 * @param layout how matrices lie in flat vectors
 * @param left vectors over rows, as columns, (groups, rows, rows)
 * @param right vectors over columns, as columns, (groups, width, width)
 */
record KroneckerBasis(MatrixLayout layout, Tensor left, Tensor right) implements Basis {

  @Override
  public Tensor to(Tensor rows) {
    return left.transpose(1, 2).matmul(layout.toMatrix(rows)).matmul(right);
  }

  @Override
  public Tensor from(Tensor coordinates) {
    return layout.toFlat(left.matmul(coordinates).matmul(right.transpose(1, 2)));
  }

  @Override
  public Block block(Tensor coefficients) {
    return new EigenKroneckerBlock(layout, left.clone(), right.clone(), coefficients);
  }

  /** The diagonal of the matrix with these coefficients, flat. */
  Tensor diagonal(Tensor coefficients) {
    return layout.toFlat(
        left.mul(left).matmul(coefficients).matmul(right.mul(right).transpose(1, 2)));
  }

  /** (groups, r) and (groups, q) to (groups, r, q). */
  static Tensor outer(Tensor rows, Tensor columns) {
    return rows.unsqueeze(2).mul(columns.unsqueeze(1));
  }
}
