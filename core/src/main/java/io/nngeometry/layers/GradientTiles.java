package io.nngeometry.layers;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.engine.Total;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The gradients of every example and of some cotangents as matrices, formed a few at a time so that
 * they stay in a core's cache. Cotangents share the right factor: stacked, their products read it
 * once.
 */
final class GradientTiles {
  /** Bytes of gradients worked on at a time. */
  private static final long TILE_BYTES = 1 << 20;

  private final MatrixLayout layout;
  private final List<Tensor> lefts;
  private final Tensor right;

  /**
   * @param lefts (n, groups, S, rows) for every cotangent
   * @param right (n, groups, S, width)
   */
  GradientTiles(MatrixLayout layout, List<Tensor> lefts, Tensor right) {
    this.layout = layout;
    this.lefts = lefts;
    this.right = right;
  }

  /**
   * Adds the squares of what {@code turn} makes of them, summed over examples and cotangents,
   * (groups, rows, width).
   */
  void squares(UnaryOperator<Tensor> turn, Total total) {
    forEach(
        (cotangent, example, g) -> {
          Tensor turned = turn.apply(g);
          if (turned.size(0) == 1 && turned.size(2) == 1) {
            total.addSquare(turned.view(layout.groups(), layout.rows(), layout.width()));
          } else {
            total.add(turned.square_().sum(0, 2));
          }
        });
  }

  /**
   * Adds each of the first columns times the one after them, summed over examples and cotangents,
   * (groups, rows, columns).
   */
  void biasCovariance(long columns, Total total) {
    forEach(
        (k, i, g) -> total.add(g.narrow(-1, 0, columns).mul(g.narrow(-1, columns, 1)).sum(0, 2)));
  }

  /** Takes some of the gradients. */
  interface Consumer {
    /**
     * @param cotangent the first
     * @param example the first
     * @param tile (examples, groups, cotangents, rows, width), which may be overwritten
     */
    void accept(int cotangent, long example, Tensor tile);
  }

  /** All gradients, tile by tile. */
  void forEach(Consumer consumer) {
    long n = right.size(0);
    long most = Math.max(1, TILE_BYTES / Math.max(1, layout.size() * right.element_size()));
    int together = (int) Math.min(most, lefts.size());
    // of one example: the factors, of which the left ones are stacked, and their product
    long numbers = right.numel() / n + together * (lefts.get(0).numel() / n + layout.size());
    long tile = Math.max(1, TILE_BYTES / Math.max(1, numbers * right.element_size()));
    for (long start = 0; start < n; start += tile) {
      long count = Math.min(tile, n - start);
      for (int k = 0; k < lefts.size(); k += together) {
        try (Scope scope = Scope.open()) {
          consumer.accept(
              k,
              start,
              product(lefts.subList(k, Math.min(k + together, lefts.size())), start, count));
        }
      }
    }
  }

  private Tensor product(List<Tensor> some, long start, long count) {
    // features before positions: that is how convolutions give their signals
    List<Tensor> rows =
        some.stream().map(l -> l.narrow(0, start, count).transpose(-1, -2)).toList();
    return torch
        .matmul(Tensors.cat(rows, 2), right.narrow(0, start, count))
        .view(count, layout.groups(), some.size(), layout.rows(), layout.width());
  }
}
