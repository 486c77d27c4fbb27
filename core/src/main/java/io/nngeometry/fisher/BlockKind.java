package io.nngeometry.fisher;

import io.nngeometry.fisher.Accumulators.Types;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.MatrixLayout;
import io.nngeometry.operators.EigenKroneckerBlock;
import io.nngeometry.operators.KroneckerBlock;
import java.util.List;
import java.util.Optional;

/** The kinds of block that a layer can have. */
public enum BlockKind {
  /** All second moments of the layer's parameters. */
  DENSE {
    @Override
    long elements(Layer layer) {
      return Math.multiplyExact(layer.size(), layer.size());
    }

    @Override
    BlockAccumulator accumulator(Layer layer, Types types) {
      return new Accumulators.Dense(List.of(layer), types);
    }
  },

  /** The diagonal. */
  DIAGONAL {
    @Override
    long elements(Layer layer) {
      return layer.size();
    }

    @Override
    BlockAccumulator accumulator(Layer layer, Types types) {
      return new Accumulators.Diagonal(layer, types);
    }
  },

  /** Kronecker factors; a dense block where the layer is no linear map. */
  KFAC {
    @Override
    long elements(Layer layer) {
      return layer.matrix().map(BlockKind::factorElements).orElseGet(() -> DENSE.elements(layer));
    }

    @Override
    BlockAccumulator accumulator(Layer layer, Types types) {
      return layer.matrix().isPresent()
          ? new Accumulators.Kronecker(layer, types)
          : DENSE.accumulator(layer, types);
    }
  },

  /**
   * Kronecker eigenbasis with exact second moments; a dense block where the layer is no linear map.
   */
  EKFAC {
    @Override
    long elements(Layer layer) {
      return KFAC.elements(layer) + (layer.matrix().isPresent() ? layer.size() : 0);
    }

    @Override
    BlockAccumulator accumulator(Layer layer, Types types) {
      return KFAC.accumulator(layer, types);
    }

    @Override
    Optional<BlockAccumulator> secondPass(
        Layer layer, BlockAccumulator first, long n, Types types) {
      if (layer.matrix().isEmpty()) {
        return Optional.empty();
      }
      try (KroneckerBlock kfac = ((Accumulators.Kronecker) first).finish(n)) {
        EigenKroneckerBlock start = kfac.toEigenbasis();
        start.coefficients().close();
        return Optional.of(new Accumulators.EigenKronecker(layer, start, types));
      }
    }
  };

  /** Numbers that the block of {@code layer} stores. */
  abstract long elements(Layer layer);

  /** An empty sum for the block of {@code layer}. */
  abstract BlockAccumulator accumulator(Layer layer, Types types);

  /** What a second reading of the examples accumulates, given the finished first. */
  Optional<BlockAccumulator> secondPass(Layer layer, BlockAccumulator first, long n, Types types) {
    return Optional.empty();
  }

  private static long factorElements(MatrixLayout m) {
    return m.groups() * (m.rows() * m.rows() + m.width() * m.width());
  }
}
