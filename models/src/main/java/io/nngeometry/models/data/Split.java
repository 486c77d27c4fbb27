package io.nngeometry.models.data;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A random split of examples into three quarters to train on and a quarter held out, which has
 * every class in proportion. The seed decides it, and the order of both parts.
 */
final class Split {
  /** Every how many-th example is held out. */
  private static final int HELD_OUT = 4;

  private final int[] order;
  private final boolean[] heldOut;

  private Split(int[] order, boolean[] heldOut) {
    this.order = order;
    this.heldOut = heldOut;
  }

  /** Of examples with these labels; all the same where there are none. */
  static Split of(long[] labels, long seed) {
    int[] order = Permutation.of(labels.length, seed);
    // every fourth once they are sorted by class, and in a class by the random order
    List<Integer> byClass =
        Arrays.stream(order).boxed().sorted(Comparator.comparingLong(i -> labels[i])).toList();
    boolean[] heldOut = new boolean[order.length];
    for (int k = 0; k < order.length; k += HELD_OUT) {
      heldOut[byClass.get(k)] = true;
    }
    return new Split(order, heldOut);
  }

  /** Indices of a part's examples. */
  int[] part(Part part) {
    return switch (part) {
      case TRAIN -> Arrays.stream(order).filter(i -> !heldOut[i]).toArray();
      case TEST -> Arrays.stream(order).filter(i -> heldOut[i]).toArray();
      case ALL -> IntStream.range(0, order.length).toArray();
    };
  }
}
