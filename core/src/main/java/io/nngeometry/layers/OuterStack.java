package io.nngeometry.layers;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Total;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * The gradients of one cotangent, or of several that share their right factor, and sums of their
 * squares over examples and cotangents.
 *
 * @param gradients those of every cotangent, at least one
 */
record OuterStack(List<OuterGradients> gradients) {

  private OuterGradients any() {
    return gradients.get(0);
  }

  /** The layer's matrices. */
  MatrixLayout layout() {
    return any().layout();
  }

  /** Writes {@code factor} times every gradient to {@code place}, (K, n, p). */
  void into(Tensor place, double factor) {
    Tensor right = any().right();
    if (right.size(2) == 1) {
      for (int k = 0; k < gradients.size(); k++) {
        Tensor left = gradients.get(k).left().transpose(-1, -2);
        layout().writeProduct(left, right, factor, place.select(0, k));
      }
      return;
    }
    ProductTiles products = new ProductTiles(lefts(), right);
    if (layout().isOneMatrix() && products.goStraight(place)) {
      products.into(place.transpose(0, 1).unflatten(2, layout().rows(), layout().width()), factor);
      return;
    }
    products.forEach(
        (first, start, tile) ->
            layout()
                .write(
                    tile.transpose(0, 2).transpose(1, 2),
                    factor,
                    place.narrow(0, first, tile.size(2)).narrow(1, start, tile.size(0))));
  }

  /** The sum over examples and cotangents of the squared norms. */
  double squaredNorm() {
    try (Scope scope = Scope.open()) {
      ProductTiles products = new ProductTiles(lefts(), any().right());
      return any().ghostNormsAreCheaper(gradients.size())
          ? products.ghostNorm()
          : products.squaredNorm();
    }
  }

  /** Adds the squares as matrices, (groups, rows, width). */
  void squares(Total total) {
    squares(lefts(), any().right(), total);
  }

  /**
   * Adds the squares along orthonormal vectors, (groups, rows, r) and (groups, width, q), given as
   * columns. Each side is rotated where it is cheaper, in the factor or in the product.
   */
  void squares(Tensor rowBasis, Tensor columnBasis, Total total) {
    long positions = any().positions();
    long rows = layout().rows();
    // turning a factor costs S side^2 for each of it, turning the products other side^2
    boolean leftFirst = positions <= layout().width() || rows == 1;
    boolean rightFirst = positions <= rows * gradients.size() || layout().width() == 1;
    List<Tensor> lefts =
        leftFirst ? gradients.stream().map(g -> g.leftIn(rowBasis)).toList() : lefts();
    Tensor right = rightFirst ? any().rightIn(columnBasis) : any().right();
    if (leftFirst && rightFirst) {
      squares(lefts, right, total);
      return;
    }
    new ProductTiles(lefts, right)
        .squares(leftFirst ? null : rowBasis, rightFirst ? null : columnBasis, total);
  }

  /** Adds each of the first columns times the one after them, (groups, rows, columns). */
  void biasCovariance(long columns, Total total) {
    Tensor right = any().right();
    if (right.size(2) > 1) {
      new ProductTiles(lefts(), right).biasCovariance(columns, total);
      return;
    }
    // one position: l r (l r') = l^2 (r r')
    Tensor signals = lefts().stream().map(Tensor::square).reduce(Tensor::add_).orElseThrow();
    Tensor inputs = right.narrow(3, 0, columns).mul(right.narrow(3, columns, 1));
    total.addProduct(
        OuterGradients.byFeature(signals), OuterGradients.byFeature(inputs).transpose(1, 2), 1);
  }

  private List<Tensor> lefts() {
    return gradients.stream().map(OuterGradients::left).toList();
  }

  private void squares(List<Tensor> lefts, Tensor right, Total total) {
    PositionPairs pairs = new PositionPairs(lefts, right);
    if (pairs.isCheaper()) {
      pairs.squares(total);
    } else {
      new ProductTiles(lefts, right).squares(total);
    }
  }
}
