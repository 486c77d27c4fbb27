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

  /** Bytes of left factors that are stacked at a time. */
  private static final long STACK_BYTES = 8 << 20;

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
    long signals = lefts.size() * lefts.get(0).numel() / n;
    long part = lefts.size() == 1 ? n : atATime(STACK_BYTES, signals);
    for (long start = 0; start < n; start += part) {
      try (Scope scope = Scope.open()) {
        long count = Math.min(part, n - start);
        forEach(stacked(start, count), right.narrow(0, start, count), start, consumer);
      }
    }
  }

  private void forEach(Tensor stack, Tensor inputs, long first, Consumer consumer) {
    long n = inputs.size(0);
    int together = (int) Math.min(atATime(TILE_BYTES, layout.size()), lefts.size());
    // of one example: the factors and their product
    long numbers = inputs.numel() / n + together * (lefts.get(0).numel() / right.size(0));
    long tile = atATime(TILE_BYTES, numbers + together * layout.size());
    for (long start = 0; start < n; start += tile) {
      long count = Math.min(tile, n - start);
      for (int k = 0; k < lefts.size(); k += together) {
        try (Scope scope = Scope.open()) {
          int some = Math.min(together, lefts.size() - k);
          Tensor rows = stack.narrow(0, start, count).narrow(2, k, some).flatten(2, 3);
          Tensor tiles =
              torch
                  .matmul(rows, inputs.narrow(0, start, count))
                  .view(count, layout.groups(), some, layout.rows(), layout.width());
          consumer.accept(k, first + start, tiles);
        }
      }
    }
  }

  /** How many things of so many numbers have so many bytes. */
  private long atATime(long bytes, long numbers) {
    return Math.max(1, bytes / Math.max(1, numbers * right.element_size()));
  }

  /** Some examples' left factors of all cotangents, (count, groups, K, rows, S). */
  private Tensor stacked(long start, long count) {
    // features before positions: that is how convolutions give their signals
    List<Tensor> rows =
        lefts.stream().map(l -> l.narrow(0, start, count).transpose(-1, -2)).toList();
    return rows.size() == 1 ? rows.get(0).unsqueeze(2) : Tensors.stack(rows, 2);
  }
}
