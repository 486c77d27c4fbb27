package io.nngeometry.fisher;

import io.nngeometry.layers.Layer;
import io.nngeometry.operators.Block;
import java.util.function.Function;

/** The kinds of block that a layer can have. */
public enum BlockKind {
  /** All second moments of the layer's parameters. */
  DENSE(DenseMaker::new),

  /** The diagonal. */
  DIAGONAL(DiagonalMaker::new),

  /** Kronecker factors; a dense block where the layer is no linear map. */
  KFAC(layer -> KroneckerMaker.of(layer, false)),

  /** As KFAC with sums over positions taken first, 'reduce' (Eschenhagen et al. 2023). */
  KFAC_REDUCE(layer -> KroneckerMaker.of(layer, true)),

  /** The diagonal and each bias's covariance with its row; the diagonal where there are none. */
  QUASI_DIAGONAL(QuasiDiagonalMaker::of),

  /** The identity, which costs nothing and knows nothing of the examples. */
  IDENTITY(IdentityMaker::new),

  /**
   * Kronecker eigenbasis with exact second moments; a dense block where the layer is no linear map.
   */
  EKFAC(EigenKroneckerMaker::of);

  private final Function<Layer, BlockMaker> maker;

  BlockKind(Function<Layer, BlockMaker> maker) {
    this.maker = maker;
  }

  /** How a layer's block of this kind is made. */
  BlockMaker on(Layer layer) {
    return maker.apply(layer);
  }

  /** The kind that a block without Kronecker factors is of. */
  static BlockKind of(Block block) {
    return switch (block.kind()) {
      case "dense" -> DENSE;
      case "diagonal" -> DIAGONAL;
      case "quasi-diagonal" -> QUASI_DIAGONAL;
      case "identity" -> IDENTITY;
      default -> throw new IllegalArgumentException("no kind makes a %s".formatted(block.kind()));
    };
  }
}
