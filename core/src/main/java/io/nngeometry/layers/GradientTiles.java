package io.nngeometry.layers;

import io.nngeometry.engine.Tensors;
import io.nngeometry.engine.Total;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** Gradients of a layer as matrices, a few at a time so that they stay in a core's cache. */
abstract class GradientTiles {
  /** Bytes of gradients worked on at a time. */
  static final long TILE_BYTES = 1 << 20;

  /** Takes some of the gradients. */
  interface Consumer {
    /**
     * @param cotangent the first
     * @param example the first
     * @param tile (examples, groups, cotangents, rows, width)
     */
    void accept(int cotangent, long example, Tensor tile);
  }

  /** All gradients, tile by tile. */
  abstract void forEach(Consumer consumer);

  /** Whether tiles are the consumer's to overwrite. */
  abstract boolean passing();

  private Tensor squared(Tensor tile, boolean mine) {
    return mine ? tile.square_() : tile.square();
  }

  /** How many things of so many numbers like {@code any} have so many bytes. */
  static long atATime(long bytes, long numbers, Tensor any) {
    return Math.max(1, bytes / Math.max(1, numbers * any.element_size()));
  }

  /** The sum of their squared norms. */
  final double squaredNorm() {
    double[] sum = {0};
    forEach((cotangent, example, tile) -> sum[0] += Tensors.item(squared(tile, passing()).sum()));
    return sum[0];
  }

  /** Adds their squares summed over examples and cotangents, (groups, rows, width). */
  final void squares(Total total) {
    squares(null, null, total);
  }

  /**
   * Adds their squares in other bases, summed over examples and cotangents, (groups, r, q).
   *
   * @param rowBasis (groups, rows, r), its vectors as columns, or null where rows keep theirs
   * @param columnBasis (groups, width, q) or null
   */
  final void squares(@Nullable Tensor rowBasis, @Nullable Tensor columnBasis, Total total) {
    forEach(
        (cotangent, example, g) -> {
          Tensor turned = columnBasis == null ? g : times(g, columnBasis);
          if (rowBasis != null) {
            turned = torch.matmul(rowBasis.transpose(1, 2).unsqueeze(1), turned);
          }
          if (turned.size(0) == 1 && turned.size(2) == 1) {
            total.addSquare(turned.squeeze(2).squeeze(0));
          } else {
            boolean mine = passing() || columnBasis != null || rowBasis != null;
            total.add(squared(turned, mine).sum(0, 2));
          }
        });
  }

  /** (count, groups, K, rows, width) times (groups, width, q). */
  private static Tensor times(Tensor g, Tensor basis) {
    return torch.matmul(g, basis.size(0) == 1 ? basis.select(0, 0) : basis.unsqueeze(1));
  }

  /**
   * Adds each of the first columns times the one after them, summed over examples and cotangents,
   * (groups, rows, columns).
   */
  final void biasCovariance(long columns, Total total) {
    forEach(
        (k, i, g) -> total.add(g.narrow(-1, 0, columns).mul(g.narrow(-1, columns, 1)).sum(0, 2)));
  }
}
