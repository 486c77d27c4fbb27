package io.nngeometry.fisher;

import io.nngeometry.operators.Block;

/** A running sum from which a block is made. */
interface BlockAccumulator extends Accumulator {
  /** Adds the sums of another accumulator of the same kind over other examples. */
  void merge(BlockAccumulator other);

  /** Multiplications and additions that the eigenvectors of its factors take, about. */
  default double eigenvectors() {
    return 0;
  }

  /** The block, a mean over {@code examples}. */
  Block finish(long examples);
}
