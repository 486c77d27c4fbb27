package io.nngeometry.fisher;

import io.nngeometry.layers.LayerGradients;
import io.nngeometry.layers.LayerInputs;
import java.util.Map;
import java.util.Optional;

/**
 * A running sum over examples. Sums are all there is to streaming, threads, resuming and merging:
 * accumulate, merge, finish. Layers that a minibatch did not use are absent from the maps and
 * contribute nothing.
 */
interface Accumulator extends AutoCloseable {
  /**
   * Adds what depends on the layers' inputs alone; called once a minibatch, before its cotangents.
   *
   * @param inputs by layer id
   * @param cotangents how many will follow, the same for every minibatch
   */
  default void inputs(Map<String, LayerInputs> inputs, int cotangents) {
    // most sums need gradients only
  }

  /**
   * Adds the gradients of one cotangent.
   *
   * @param gradients by layer id
   * @param examples number of examples
   * @param cotangent its number
   */
  void gradients(Map<String, LayerGradients> gradients, long examples, int cotangent);

  /** This one, if it would rather have a layer's gradients of several cotangents at once. */
  default Optional<StackAccumulator> ofStacks() {
    return Optional.empty();
  }

  @Override
  void close();
}
