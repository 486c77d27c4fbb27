package io.nngeometry.layers;

import io.nngeometry.engine.Products;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.engine.Unrecorded;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * Gradients formed of their factors. Cotangents share the right one: stacked, their products read
 * it once.
 */
final class ProductTiles extends GradientTiles {
  /** Bytes of left factors that are stacked at a time. */
  private static final long STACK_BYTES = 8 << 20;

  private final List<Tensor> lefts;
  private final Tensor right;

  /**
   * @param lefts (n, groups, S, rows) for every cotangent
   * @param right (n, groups, S, width)
   */
  ProductTiles(List<Tensor> lefts, Tensor right) {
    this.lefts = lefts;
    this.right = right;
  }

  /** Takes some examples' factors. */
  private interface Factors {
    /**
     * @param stack left factors of all cotangents, (count, groups, K, rows, S)
     * @param inputs the right one, (count, groups, S, width)
     * @param first the first example
     */
    void accept(Tensor stack, Tensor inputs, long first);
  }

  private void forEachStack(Factors consumer) {
    long n = right.size(0);
    long signals = lefts.size() * lefts.get(0).numel() / n;
    long part = lefts.size() == 1 ? n : atATime(STACK_BYTES, signals, right);
    try (Unrecorded all = Unrecorded.begin()) {
      for (long start = 0; start < n; start += part) {
        try (Scope scope = Scope.open()) {
          long count = Math.min(part, n - start);
          consumer.accept(stacked(start, count), right.narrow(0, start, count), start);
        }
      }
    }
  }

  @Override
  boolean passing() {
    return true;
  }

  @Override
  void forEach(Consumer consumer) {
    forEachStack((stack, inputs, first) -> forEach(stack, inputs, first, consumer));
  }

  /**
   * Whether products had better be written where they stay, (K, n, p), than go by tiles. Not where
   * cotangents lie apart and the right factor is larger than a product: for all of a stack it is
   * read once, which pays for a copy.
   */
  boolean goStraight(Tensor place) {
    return follow(place.stride(0), place.size(2)) || right.size(2) <= lefts.get(0).size(3);
  }

  /** Whether an example's cotangents follow each other in memory: they are one matrix. */
  private boolean follow(long stride, long size) {
    return lefts.size() == 1 || stride == size;
  }

  /**
   * Writes {@code factor} times all gradients of layers with one group where they stay.
   *
   * @param place (n, K, rows, width), every gradient in one piece
   */
  void into(Tensor place, double factor) {
    if (follow(place.stride(1), place.size(2) * place.size(3))) {
      Tensor matrices = place.flatten(1, 2).unsqueeze(1);
      forEachStack(
          (stack, inputs, first) ->
              Products.into(
                  matrices.narrow(0, first, stack.size(0)), stack.flatten(2, 3), inputs, factor));
      return;
    }
    for (int k = 0; k < lefts.size(); k++) {
      Products.into(place.narrow(1, k, 1), lefts.get(k).transpose(2, 3), right, factor);
    }
  }

  /**
   * The sum of the squared norms by inner products between positions, without the gradients: sum_k
   * |sum_s l[k,s] r[s]^T|^2 = sum_{s,t} <r[s], r[t]> sum_k <l[k,s], l[k,t]>.
   */
  double ghostNorm() {
    double[] sum = {0};
    forEachStack(
        (stack, inputs, first) -> {
          Tensor signals = stack.flatten(2, 3);
          Tensor ofSignals = OuterGradients.gramian(signals.transpose(2, 3));
          sum[0] += Tensors.item(ofSignals.mul_(OuterGradients.gramian(inputs)).sum());
        });
    return sum[0];
  }

  private void forEach(Tensor stack, Tensor inputs, long first, Consumer consumer) {
    long n = inputs.size(0);
    long groups = right.size(1);
    long rows = lefts.get(0).size(3);
    long width = right.size(3);
    long size = groups * rows * width;
    int together = (int) Math.min(atATime(TILE_BYTES, size, right), lefts.size());
    // of one example: the factors and their product
    long numbers = inputs.numel() / n + together * (lefts.get(0).numel() / right.size(0));
    long tile = Math.min(n, atATime(TILE_BYTES, numbers + together * size, right));
    // serves again and again: making it and its views takes as long as a small product
    Tensor place = Tensors.empty(right, tile, groups, together * rows, width);
    Tensor whole = place.view(tile, groups, together, rows, width);
    for (long start = 0; start < n; start += tile) {
      long count = Math.min(tile, n - start);
      for (int k = 0; k < lefts.size(); k += together) {
        try (Scope scope = Scope.open()) {
          int some = Math.min(together, lefts.size() - k);
          Tensor signals = stack.narrow(0, start, count).narrow(2, k, some).flatten(2, 3);
          boolean full = count == tile && some == together;
          Tensor products = full ? place : place.narrow(0, 0, count).narrow(2, 0, some * rows);
          Products.into(products, signals, inputs.narrow(0, start, count), 1);
          consumer.accept(
              k, first + start, full ? whole : whole.narrow(0, 0, count).narrow(2, 0, some));
        }
      }
    }
  }

  /** Some examples' left factors of all cotangents, (count, groups, K, rows, S). */
  private Tensor stacked(long start, long count) {
    // features before positions: that is how convolutions give their signals
    List<Tensor> rows =
        lefts.stream().map(l -> l.narrow(0, start, count).transpose(-1, -2)).toList();
    return rows.size() == 1 ? rows.get(0).unsqueeze(2) : Tensors.stack(rows, 2);
  }
}
