package io.nngeometry.fisher;

import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerSizes;

/** The second moment of every parameter. */
record DiagonalMaker(Layer layer) implements BlockMaker {
  @Override
  public boolean stacks() {
    return true;
  }

  @Override
  public long elements() {
    return layer.size();
  }

  @Override
  public Need need(LayerSizes sizes, int cotangents) {
    return Need.gradients(sizes, cotangents, 1);
  }

  @Override
  public BlockAccumulator accumulator(Types types) {
    return new DiagonalAccumulator(layer, types);
  }
}
