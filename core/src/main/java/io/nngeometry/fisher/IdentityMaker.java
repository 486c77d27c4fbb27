package io.nngeometry.fisher;

import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerSizes;

/** The identity, which costs nothing and knows nothing of the examples. */
record IdentityMaker(Layer layer) implements BlockMaker {
  @Override
  public int readings() {
    return 0;
  }

  @Override
  public long elements() {
    return 1;
  }

  @Override
  public Need need(LayerSizes sizes, int cotangents) {
    return Need.NOTHING;
  }

  @Override
  public BlockAccumulator accumulator(Types types) {
    return new IdentityAccumulator(layer, types);
  }
}
