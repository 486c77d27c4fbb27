package io.nngeometry.fisher;

import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerSizes;
import java.util.List;

/** All second moments of the layer's parameters. */
record DenseMaker(Layer layer) implements BlockMaker {
  @Override
  public long elements() {
    return Math.multiplyExact(layer.size(), layer.size());
  }

  @Override
  public Need need(LayerSizes sizes, int cotangents) {
    double p = layer.size();
    return Need.rows(sizes, cotangents).and(new Need(0, 0, cotangents * p * p * 2));
  }

  @Override
  public BlockAccumulator accumulator(Types types) {
    return new DenseAccumulator(List.of(layer), types);
  }
}
