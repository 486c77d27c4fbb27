package io.nngeometry.fisher;

import io.nngeometry.operators.Block;

/** A running sum from which a block is made. */
interface BlockAccumulator extends Accumulator {
  /** Adds the sums of another accumulator of the same kind over other examples. */
  void merge(BlockAccumulator other);

  /** The block, a mean over {@code examples}. */
  Block finish(long examples);
}
