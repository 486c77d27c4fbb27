package io.nngeometry.operators;

import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.MatrixLayout;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A Kronecker product of two sets of orthonormal vectors, per group of a linear map.
 *
 * @param layout how matrices lie in flat vectors
 * @param left vectors over rows, as columns, all or some; a diagonal of ones keeps the axes
 * @param right vectors over columns, as columns, all or some
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
  public Block block(Tensor coefficients, double rest) {
    return new EigenKroneckerBlock(
        layout, left.stored().clone(), right.stored().clone(), coefficients, rest);
  }

  @Override
  public long missing() {
    return layout.size() - layout.groups() * count(left) * count(right);
  }

  @Override
  public Eigenform completed(Tensor values, double rest) {
    Tensor all = Tensors.empty(values, layout.groups(), layout.rows(), layout.width());
    all.fill_(new Scalar(rest));
    all.narrow(1, 0, count(left)).narrow(2, 0, count(right)).copy_(values);
    return new Eigenform(new KroneckerBasis(layout, completed(left), completed(right)), all, rest);
  }

  private static long count(KroneckerFactor side) {
    return side.stored().size(-1);
  }

  /** With vectors that are orthogonal to those that are there behind them. */
  private static KroneckerFactor completed(KroneckerFactor side) {
    Tensor vectors = side.stored();
    if (vectors.dim() == 2 || vectors.size(2) == vectors.size(1)) {
      return side;
    }
    Tensor all = new Tensor(torch.linalg_qr(vectors, "complete").get0());
    long more = vectors.size(1) - vectors.size(2);
    Tensor others = all.narrow(2, vectors.size(2), more);
    return KroneckerFactor.ofVectors(Tensors.cat(List.of(vectors, others), 2));
  }

  /** The diagonal of the matrix with these coefficients, flat. */
  Tensor diagonal(Tensor coefficients) {
    KroneckerFactor l = KroneckerFactor.ofVectors(left.stored().square());
    KroneckerFactor r = KroneckerFactor.ofVectors(right.stored().square());
    return layout.toFlat(r.applyRightTransposed(l.applyLeft(coefficients)));
  }

  boolean sameAs(KroneckerBasis that) {
    return layout.equals(that.layout) && left.sameAs(that.left) && right.sameAs(that.right);
  }

  /** (groups, r) and (groups, q) to (groups, r, q). */
  static Tensor outer(Tensor rows, Tensor columns) {
    return rows.unsqueeze(2).mul(columns.unsqueeze(1));
  }
}
