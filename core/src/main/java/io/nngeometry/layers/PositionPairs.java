package io.nngeometry.layers;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.engine.Total;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Sums over examples and cotangents k of squared gradients, without the gradients. With one row's
 * signals l and the inputs r,
 *
 * <pre>sum_k (sum_s l[k,s] r[s])^2 = sum_{s <= t} q[s,t] r[s] r[t],
 * q[s,t] = (2 - [s = t]) sum_k l[k,s] l[k,t]:</pre>
 *
 * one product of S (S + 1) / 2 terms whatever the number K of cotangents, where the gradients take
 * K S terms and a pass over them to square them. With one position it is l^2 (r^2)^T.
 *
 * <p>A gradient that the positions' contributions cancel in comes out to the rounding of their
 * squares, where a gradient squared is rounded before it is; it is never negative.
 */
final class PositionPairs {
  /** Bytes of products of inputs worked on at a time, which stay in a core's cache. */
  private static final long TILE_BYTES = 2 << 20;

  /** What one elementwise operation takes, in terms of a matrix product. */
  private static final double ELEMENTWISE = 10;

  private final List<Tensor> lefts;
  private final Tensor right;
  private final long positions;
  private final long groups;
  private final long rows;
  private final long width;

  /**
   * @param lefts (n, groups, S, rows) for every cotangent
   * @param right (n, groups, S, width)
   */
  PositionPairs(List<Tensor> lefts, Tensor right) {
    this.lefts = lefts;
    this.right = right;
    positions = right.size(2);
    groups = right.size(1);
    rows = lefts.get(0).size(3);
    width = right.size(3);
  }

  /** Whether that takes less than forming and squaring the gradients. */
  boolean isCheaper() {
    double elements = (double) rows * width;
    double signals = ELEMENTWISE * lefts.size() * rows;
    double inputs = ELEMENTWISE * width;
    return positions == 1
        || pairs() * (elements + signals + inputs)
            < lefts.size() * elements * (positions + ELEMENTWISE);
  }

  private long pairs() {
    return positions * (positions + 1) / 2;
  }

  /** Adds the sum of squares, (groups, rows, width). */
  void squares(Total total) {
    forTiles(
        rows,
        0,
        right.size(0),
        (start, count) -> {
          Tensor signals = signals(start, count);
          forTiles(
              width,
              start,
              count,
              (first, some) ->
                  total.addProduct(
                      signals.narrow(1, first - start, some).flatten(1, 2).transpose(1, 2),
                      inputs(first, some).flatten(1, 2),
                      1));
        });
    if (positions > 1) {
      total.value().clamp_min_(Tensors.scalar(0));
    }
  }

  /** Products of some examples' signals summed over cotangents, (groups, count, pairs, rows). */
  private Tensor signals(long start, long count) {
    Tensor signals = Tensors.empty(right, groups, count, pairs(), rows);
    for (int k = 0; k < lefts.size(); k++) {
      pairs(part(lefts.get(k), start, count), signals, k > 0);
    }
    // a pair of two positions stands for both orders
    signals.narrow(2, positions, pairs() - positions).mul_(Tensors.scalar(2));
    return signals;
  }

  /** Products of some examples' inputs, (groups, count, pairs, width). */
  private Tensor inputs(long start, long count) {
    Tensor inputs = Tensors.empty(right, groups, count, pairs(), width);
    pairs(part(right, start, count), inputs, false);
    return inputs;
  }

  private interface Tile {
    void of(long first, long count);
  }

  /** As many examples at a time as have {@link #TILE_BYTES} of products of features. */
  private void forTiles(long features, long first, long count, Tile tile) {
    long bytes = groups * pairs() * features * right.element_size();
    long together = Math.max(1, TILE_BYTES / bytes);
    for (long start = first; start < first + count; start += together) {
      try (Scope scope = Scope.open()) {
        tile.of(start, Math.min(together, first + count - start));
      }
    }
  }

  /** Some examples' factor as (groups, count, S, features) in one piece. */
  private static Tensor part(Tensor factor, long start, long count) {
    return factor.narrow(0, start, count).transpose(0, 1).contiguous();
  }

  /**
   * Products of all pairs of positions, by their distance: those of a position and itself first.
   */
  private void pairs(Tensor factor, Tensor place, boolean add) {
    long first = 0;
    for (long distance = 0; distance < positions; distance++) {
      long length = positions - distance;
      Tensor here = factor.narrow(2, 0, length);
      Tensor there = factor.narrow(2, distance, length);
      Tensor to = place.narrow(2, first, length);
      if (add) {
        to.addcmul_(here, there);
      } else {
        torch.mul_out(to, here, there);
      }
      first += length;
    }
  }
}
