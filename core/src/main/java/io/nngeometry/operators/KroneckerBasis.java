package io.nngeometry.operators;

import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.MatrixLayout;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * A Kronecker product of two sets of orthonormal vectors, per group of a linear map.
 *
 * @param layout how matrices lie in flat vectors
 * @param left vectors over rows
 * @param right vectors over columns
 */
record KroneckerBasis(MatrixLayout layout, OrthonormalVectors left, OrthonormalVectors right)
    implements Basis {

  @Override
  public Tensor to(Tensor rows) {
    return right.toRight(left.toLeft(layout.toMatrix(rows)));
  }

  @Override
  public Tensor from(Tensor coordinates) {
    return layout.toFlat(right.fromRight(left.fromLeft(coordinates)));
  }

  @Override
  public Block block(Tensor coefficients, double rest) {
    return new EigenKroneckerBlock(
        layout, left.stored().clone(), right.stored().clone(), coefficients, rest);
  }

  @Override
  public long missing() {
    return layout.size() - layout.groups() * left.count() * right.count();
  }

  @Override
  public Eigenform completed(Tensor values, double rest) {
    Tensor all = Tensors.empty(values, layout.groups(), layout.rows(), layout.width());
    all.fill_(new Scalar(rest));
    all.narrow(1, 0, left.count()).narrow(2, 0, right.count()).copy_(values);
    return new Eigenform(
        new KroneckerBasis(layout, left.completed(), right.completed()), all, rest);
  }

  /** The diagonal of the matrix with these coefficients, flat. */
  Tensor diagonal(Tensor coefficients) {
    return layout.toFlat(OrthonormalVectors.diagonal(left, coefficients, right));
  }

  boolean sameAs(KroneckerBasis that) {
    return layout.equals(that.layout) && left.sameAs(that.left) && right.sameAs(that.right);
  }

  /** (groups, r) and (groups, q) to (groups, r, q). */
  static Tensor outer(Tensor rows, Tensor columns) {
    return rows.unsqueeze(2).mul(columns.unsqueeze(1));
  }
}
