package io.nngeometry.fisher;

import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerGradients;
import io.nngeometry.layers.StackedGradients;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A sum over one layer's gradients that takes those of several cotangents at once: products of
 * their elements are formed faster so.
 */
interface StackAccumulator extends BlockAccumulator {
  /** The layer. */
  Layer layer();

  /**
   * Adds the layer's gradients.
   *
   * @param first number of the first cotangent among them
   */
  void gradients(StackedGradients gradients, int first);

  @Override
  default Optional<StackAccumulator> ofStacks() {
    return Optional.of(this);
  }

  @Override
  default void gradients(Map<String, LayerGradients> gradients, long examples, int cotangent) {
    LayerGradients mine = gradients.get(layer().id());
    if (mine != null) {
      gradients(new StackedGradients(List.of(mine)), cotangent);
    }
  }
}
