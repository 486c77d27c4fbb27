package io.nngeometry.fisher;

import java.util.List;

/** The sum of one layer's block, over the gradients of several cotangents at once. */
interface StackAccumulator extends BlockAccumulator, LayerSum {
  @Override
  default List<LayerSum> byLayer() {
    return List.of(this);
  }
}
