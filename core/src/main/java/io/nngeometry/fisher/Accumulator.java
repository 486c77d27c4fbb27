package io.nngeometry.fisher;

import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerGradients;
import io.nngeometry.layers.LayerInputs;
import io.nngeometry.layers.StackedGradients;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A running sum over examples. Sums are all there is to streaming, threads, resuming and merging:
 * accumulate, merge, finish. Layers that a minibatch did not use are absent from the maps and
 * contribute nothing.
 *
 * <p>Gradients come cotangent by cotangent with all layers, or, if {@link #byLayer} is not empty,
 * layer by layer with several cotangents.
 */
interface Accumulator extends AutoCloseable {
  /**
   * Begins a minibatch, and adds what depends on the layers' inputs alone.
   *
   * @param inputs by layer id
   * @param examples number of examples
   * @param cotangents how many will follow, the same for every minibatch
   */
  default void begin(Map<String, LayerInputs> inputs, long examples, int cotangents) {
    // most sums need gradients only
  }

  /**
   * Adds the gradients of one cotangent.
   *
   * @param gradients by layer id
   * @param examples number of examples
   * @param cotangent its number
   */
  default void gradients(Map<String, LayerGradients> gradients, long examples, int cotangent) {
    for (LayerSum sum : byLayer()) {
      LayerGradients mine = gradients.get(sum.layer().id());
      if (mine == null) {
        sum.nothing(cotangent, 1);
      } else {
        sum.gradients(new StackedGradients(List.of(mine)), cotangent);
      }
    }
  }

  /**
   * The layer that alone it asks about, if there is one: it is filled beside those of other layers,
   * on several threads.
   */
  default Optional<Layer> only() {
    return Optional.empty();
  }

  /** What takes a layer's gradients of several cotangents at once; empty if it would rather not. */
  default List<LayerSum> byLayer() {
    return List.of();
  }

  @Override
  void close();
}
