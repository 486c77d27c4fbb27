package io.nngeometry.fisher;

import io.nngeometry.layers.InputSide;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerSizes;

/**
 * Kronecker factors of a linear map.
 *
 * @param reduce whether sums over positions are taken first
 */
record KroneckerMaker(Layer layer, boolean reduce) implements BlockMaker {
  /** A dense block where the layer is no linear map; a table on both sides knows no 'reduce'. */
  static BlockMaker of(Layer layer, boolean reduce) {
    return layer.matrix().isEmpty()
        ? new DenseMaker(layer)
        : new KroneckerMaker(layer, reduce && layer.inputs() != InputSide.BOTH);
  }

  @Override
  public long elements() {
    return KroneckerSizes.whole(layer, !reduce && layer.inputs() == InputSide.ROWS);
  }

  @Override
  public long elements(LayerSizes sizes, GradientCount count) {
    long vectors = reduce ? 1 : sizes.positions();
    return KroneckerSizes.elements(sizes, elements(), vectors, count);
  }

  @Override
  public long least() {
    return KroneckerSizes.least(layer, elements());
  }

  @Override
  public Need need(LayerSizes sizes, int cotangents) {
    return sizes.outer()
        ? KroneckerSizes.need(sizes, cotangents)
        : new DenseMaker(layer).need(sizes, cotangents);
  }

  @Override
  public BlockAccumulator accumulator(Types types) {
    return layer.inputs() == InputSide.BOTH
        ? new PartialTraceAccumulator(layer, types)
        : new KroneckerAccumulator(layer, reduce, types);
  }
}
