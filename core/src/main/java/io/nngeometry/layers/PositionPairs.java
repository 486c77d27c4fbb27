package io.nngeometry.layers;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.engine.Total;
import io.nngeometry.engine.Unrecorded;
import java.util.ArrayList;
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
    try (Unrecorded all = Unrecorded.begin()) {
      Pairs inputs = new Pairs(atATime(width), width);
      forTiles(
          0,
          right.size(0),
          new Pairs(atATime(rows), rows),
          (start, signals) -> {
            Tensor products = signals(start, signals);
            forTiles(
                start,
                signals.count,
                inputs,
                (first, some) ->
                    total.addProduct(
                        products.narrow(1, first - start, some.count).flatten(1, 2).transpose(1, 2),
                        inputs(first, some).flatten(1, 2),
                        1));
          });
    }
    if (positions > 1) {
      total.value().clamp_min_(Tensors.scalar(0));
    }
  }

  /** Products of some examples' signals summed over cotangents, (groups, count, pairs, rows). */
  private Tensor signals(long start, Pairs place) {
    place.multiply(lefts.get(0), start);
    for (Tensor left : lefts.subList(1, lefts.size())) {
      place.add(left, start);
    }
    // a pair of two positions stands for both orders
    place.others.mul_(Tensors.scalar(2));
    return place.products;
  }

  /** Products of some examples' inputs, (groups, count, pairs, width). */
  private Tensor inputs(long start, Pairs place) {
    place.multiply(right, start);
    return place.products;
  }

  /** As many examples as have {@link #TILE_BYTES} of products of so many features. */
  private long atATime(long features) {
    long bytes = groups * pairs() * features * right.element_size();
    return Math.min(right.size(0), Math.max(1, TILE_BYTES / bytes));
  }

  private interface Tile {
    void of(long first, Pairs place);
  }

  /** Some examples at a time, as many as there is place for. */
  private void forTiles(long first, long count, Pairs place, Tile tile) {
    for (long start = first; start < first + count; start += place.count) {
      try (Scope scope = Scope.open()) {
        long left = first + count - start;
        tile.of(start, left < place.count ? new Pairs(left, place.features) : place);
      }
    }
  }

  /**
   * A place for some examples' products of all pairs of positions, by their distance: those of a
   * position and itself first. It serves again and again: making its views takes as long as filling
   * it.
   */
  private final class Pairs {
    private final long count;
    private final long features;
    private final Tensor factor; // (groups, count, S, features)
    private final Tensor products; // (groups, count, pairs, features)
    private final Tensor others; // those of two positions
    private final List<Distance> distances = new ArrayList<>();

    Pairs(long count, long features) {
      this.count = count;
      this.features = features;
      factor = Tensors.empty(right, groups, count, positions, features);
      products = Tensors.empty(right, groups, count, pairs(), features);
      others = products.narrow(2, positions, pairs() - positions);
      long first = 0;
      for (long distance = 0; distance < positions; distance++) {
        long length = positions - distance;
        distances.add(
            new Distance(
                factor.narrow(2, 0, length),
                factor.narrow(2, distance, length),
                products.narrow(2, first, length)));
        first += length;
      }
    }

    void multiply(Tensor all, long start) {
      take(all, start);
      distances.forEach(d -> torch.mul_out(d.place, d.here, d.there));
    }

    void add(Tensor all, long start) {
      take(all, start);
      distances.forEach(d -> d.place.addcmul_(d.here, d.there));
    }

    private void take(Tensor all, long start) {
      factor.copy_(all.narrow(0, start, count).transpose(0, 1));
    }
  }

  /** Pairs at one distance, as views. */
  private record Distance(Tensor here, Tensor there, Tensor place) {}
}
