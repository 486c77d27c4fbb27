package io.nngeometry.fisher;

import io.nngeometry.layers.LayerGradients;
import io.nngeometry.layers.LayerInputs;
import io.nngeometry.operators.Block;
import java.util.Map;

/**
 * A running sum over examples from which a block is made. Sums are all there is to streaming,
 * threads, resuming and merging: accumulate, merge, finish. Layers that a minibatch did not use are
 * absent from the maps and contribute nothing.
 */
interface BlockAccumulator extends AutoCloseable {
  /**
   * Adds what depends on the layers' inputs alone; called once a minibatch, before the cotangents.
   */
  default void inputs(Map<String, LayerInputs> inputs) {
    // most sums need gradients only
  }

  /** Adds the gradients of one cotangent. */
  void gradients(Map<String, LayerGradients> gradients, long examples);

  /** Adds the sums of another accumulator of the same kind over other examples. */
  void merge(BlockAccumulator other);

  /** The block, a mean over {@code examples}. */
  Block finish(long examples);

  @Override
  void close();
}
