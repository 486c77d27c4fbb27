package io.nngeometry.fisher;

import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerSizes;

/** The second moments of a layer with rows of weights, and each row's with its bias. */
record QuasiDiagonalMaker(Layer layer) implements BlockMaker {
  /** The diagonal where a layer has no such rows. */
  static BlockMaker of(Layer layer) {
    return layer.rows().isPresent() ? new QuasiDiagonalMaker(layer) : new DiagonalMaker(layer);
  }

  @Override
  public boolean stacks() {
    return true;
  }

  @Override
  public long elements() {
    return layer.size() + layer.rows().map(m -> m.groups() * m.rows() * m.columns()).orElseThrow();
  }

  @Override
  public Need need(LayerSizes sizes, int cotangents) {
    return Need.gradients(sizes, cotangents, 2);
  }

  @Override
  public BlockAccumulator accumulator(Types types) {
    return new QuasiDiagonalAccumulator(layer, types);
  }
}
