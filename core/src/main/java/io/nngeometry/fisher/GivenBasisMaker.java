package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerSizes;
import io.nngeometry.operators.Block;
import io.nngeometry.operators.EigenKroneckerBlock;
import io.nngeometry.operators.KroneckerBlock;
import org.bytedeco.pytorch.Tensor;

/**
 * Second moments in the eigenvectors of a block that is there, of other examples.
 *
 * @param given the block
 */
record GivenBasisMaker(Layer layer, Block given) implements BlockMaker {
  /** Whether a block has eigenvectors that are Kronecker products. */
  static boolean serves(Block block) {
    return block instanceof EigenKroneckerBlock
        || (block instanceof KroneckerBlock kronecker && kronecker.symmetric());
  }

  @Override
  public boolean stacks() {
    return true;
  }

  @Override
  public long elements() {
    long stored = given.tensors().values().stream().mapToLong(Tensor::numel).sum();
    return given instanceof KroneckerBlock kronecker ? stored + moments(kronecker) : stored;
  }

  /** As many as there are pairs of eigenvectors: a factor has one for each of its columns. */
  private static long moments(KroneckerBlock factors) {
    long pairs = factors.layout().orElseThrow().groups();
    for (Tensor factor : factors.tensors().values()) {
      pairs *= factor.size(-1);
    }
    return pairs;
  }

  @Override
  public Need need(LayerSizes sizes, int cotangents) {
    return sizes.outer()
        ? KroneckerSizes.turned(sizes, cotangents)
        : new DenseMaker(layer).need(sizes, cotangents);
  }

  @Override
  public BlockAccumulator accumulator(Types types) {
    try (Scope scope = Scope.open()) {
      EigenKroneckerBlock start =
          given instanceof KroneckerBlock kronecker
              ? kronecker.toEigenbasis()
              : ((EigenKroneckerBlock) given).copy();
      return new EigenKroneckerAccumulator(layer, start, true, types);
    }
  }
}
