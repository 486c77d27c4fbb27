package io.nngeometry.fisher;

import io.nngeometry.layers.Layer;
import java.util.List;
import java.util.Optional;

/** The sum of one layer's block, over the gradients of several cotangents at once. */
interface StackAccumulator extends BlockAccumulator, LayerSum {
  @Override
  default Optional<Layer> only() {
    return Optional.of(layer());
  }

  @Override
  default List<LayerSum> byLayer() {
    return List.of(this);
  }
}
