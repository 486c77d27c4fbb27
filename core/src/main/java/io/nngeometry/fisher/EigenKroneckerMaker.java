package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerSizes;
import io.nngeometry.operators.KroneckerBlock;
import java.util.Optional;

/**
 * Second moments in the eigenvectors of a linear map's Kronecker factors, which a first reading
 * finds.
 *
 * @param factors who makes the factors
 */
record EigenKroneckerMaker(Layer layer, BlockMaker factors) implements BlockMaker {
  /** A dense block where the layer is no linear map. */
  static BlockMaker of(Layer layer) {
    BlockMaker factors = KroneckerMaker.of(layer, false);
    return layer.matrix().isEmpty() ? factors : new EigenKroneckerMaker(layer, factors);
  }

  @Override
  public boolean stacks() {
    return true;
  }

  @Override
  public int readings() {
    return 2;
  }

  @Override
  public long elements() {
    return factors.elements() + layer.size();
  }

  @Override
  public long elements(LayerSizes sizes, GradientCount count) {
    return factors.elements(sizes, count) + KroneckerSizes.coefficients(sizes, count);
  }

  @Override
  public long least() {
    return KroneckerSizes.least(layer, elements());
  }

  @Override
  public Need need(LayerSizes sizes, int cotangents) {
    Need first = factors.need(sizes, cotangents);
    return sizes.outer()
        ? KroneckerSizes.turned(sizes, cotangents).and(new Need(0, 0, first.flops()))
        : first;
  }

  @Override
  public BlockMaker first() {
    return factors;
  }

  @Override
  public BlockAccumulator accumulator(Types types) {
    return factors.accumulator(types);
  }

  @Override
  public Optional<BlockAccumulator> second(BlockAccumulator first, long examples, Types types) {
    try (Scope scope = Scope.open();
        KroneckerBlock kfac = (KroneckerBlock) first.finish(examples)) {
      return Optional.of(new EigenKroneckerAccumulator(layer, kfac.toEigenbasis(), false, types));
    }
  }
}
