package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.layers.InputSide;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerSizes;
import io.nngeometry.operators.Block;
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
    Need need(LayerSizes layer, int cotangents) {
      double p = layer.layer().size();
      return rows(layer, cotangents).and(new Need(0, 0, cotangents * p * p * 2));
    }

    @Override
    BlockAccumulator accumulator(Layer layer, Types types) {
      return new DenseAccumulator(List.of(layer), types);
    }
  },

  /** The diagonal. */
  DIAGONAL {
    @Override
    boolean stacks(Layer layer) {
      return true;
    }

    @Override
    long elements(Layer layer) {
      return layer.size();
    }

    @Override
    Need need(LayerSizes layer, int cotangents) {
      return layer.outer() ? products(layer, cotangents, 1) : rows(layer, cotangents);
    }

    @Override
    BlockAccumulator accumulator(Layer layer, Types types) {
      return new DiagonalAccumulator(layer, types);
    }
  },

  /** Kronecker factors; a dense block where the layer is no linear map. */
  KFAC {
    @Override
    long elements(Layer layer) {
      return KroneckerSizes.whole(layer, layer.inputs() == InputSide.ROWS);
    }

    @Override
    long elements(LayerSizes layer, GradientCount count) {
      return KroneckerSizes.elements(layer, elements(layer.layer()), layer.positions(), count);
    }

    @Override
    long least(Layer layer) {
      return KroneckerSizes.least(layer, elements(layer));
    }

    @Override
    Need need(LayerSizes layer, int cotangents) {
      return KroneckerSizes.need(layer, cotangents);
    }

    @Override
    BlockAccumulator accumulator(Layer layer, Types types) {
      return kronecker(layer, false, types);
    }

    @Override
    BlockKind firstStage(Layer layer) {
      return layer.matrix().isPresent() ? this : DENSE;
    }
  },

  /** As KFAC with sums over positions taken first, 'reduce' (Eschenhagen et al. 2023). */
  KFAC_REDUCE {
    @Override
    long elements(Layer layer) {
      return KroneckerSizes.whole(layer, false);
    }

    @Override
    long elements(LayerSizes layer, GradientCount count) {
      return KroneckerSizes.elements(layer, elements(layer.layer()), 1, count);
    }

    @Override
    long least(Layer layer) {
      return KroneckerSizes.least(layer, elements(layer));
    }

    @Override
    Need need(LayerSizes layer, int cotangents) {
      return KroneckerSizes.need(layer, cotangents);
    }

    @Override
    BlockAccumulator accumulator(Layer layer, Types types) {
      return kronecker(layer, true, types);
    }

    @Override
    BlockKind firstStage(Layer layer) {
      return layer.inputs() == InputSide.BOTH || layer.matrix().isEmpty()
          ? KFAC.firstStage(layer)
          : this;
    }
  },

  /** The diagonal and each bias's covariance with its row; the diagonal where there are none. */
  QUASI_DIAGONAL {
    @Override
    boolean stacks(Layer layer) {
      return true;
    }

    @Override
    long elements(Layer layer) {
      return layer.size() + layer.rows().map(m -> m.groups() * m.rows() * m.columns()).orElse(0L);
    }

    @Override
    Need need(LayerSizes layer, int cotangents) {
      return layer.outer() ? products(layer, cotangents, 2) : rows(layer, cotangents);
    }

    @Override
    BlockAccumulator accumulator(Layer layer, Types types) {
      return layer.rows().isPresent()
          ? new QuasiDiagonalAccumulator(layer, types)
          : DIAGONAL.accumulator(layer, types);
    }
  },

  /** The identity, which costs nothing and knows nothing of the examples. */
  IDENTITY {
    @Override
    int readings(Layer layer) {
      return 0;
    }

    @Override
    long elements(Layer layer) {
      return 1;
    }

    @Override
    Need need(LayerSizes layer, int cotangents) {
      return Need.NOTHING;
    }

    @Override
    BlockAccumulator accumulator(Layer layer, Types types) {
      return new IdentityAccumulator(layer, types);
    }
  },

  /**
   * Kronecker eigenbasis with exact second moments; a dense block where the layer is no linear map.
   */
  EKFAC {
    @Override
    boolean stacks(Layer layer) {
      return layer.matrix().isPresent();
    }

    @Override
    int readings(Layer layer) {
      return layer.matrix().isPresent() ? 2 : 1;
    }

    @Override
    long elements(Layer layer) {
      return KFAC.elements(layer) + (layer.matrix().isPresent() ? layer.size() : 0);
    }

    @Override
    long elements(LayerSizes layer, GradientCount count) {
      return layer.layer().matrix().isEmpty()
          ? elements(layer.layer())
          : KFAC.elements(layer, count) + KroneckerSizes.coefficients(layer, count);
    }

    @Override
    long least(Layer layer) {
      return KroneckerSizes.least(layer, elements(layer));
    }

    @Override
    Need need(LayerSizes layer, int cotangents) {
      return layer.outer()
          ? KroneckerSizes.turned(layer, cotangents)
              .and(new Need(0, 0, KroneckerSizes.need(layer, cotangents).flops()))
          : DENSE.need(layer, cotangents);
    }

    @Override
    BlockAccumulator accumulator(Layer layer, Types types) {
      return KFAC.accumulator(layer, types);
    }

    @Override
    BlockKind firstStage(Layer layer) {
      return KFAC.firstStage(layer);
    }

    @Override
    Optional<BlockAccumulator> secondPass(
        Layer layer, BlockAccumulator first, long n, Types types) {
      if (layer.matrix().isEmpty()) {
        return Optional.empty();
      }
      try (Scope scope = Scope.open();
          KroneckerBlock kfac = (KroneckerBlock) first.finish(n)) {
        EigenKroneckerBlock start = kfac.toEigenbasis();
        start.tensors().values().forEach(Scope::detach);
        return Optional.of(new EigenKroneckerAccumulator(layer, start, false, types));
      }
    }
  };

  /** Numbers that the block of {@code layer} stores, of however many examples. */
  abstract long elements(Layer layer);

  /** The same for a number of examples, which may be few. */
  long elements(LayerSizes layer, GradientCount count) {
    return elements(layer.layer());
  }

  /** Numbers that are stored at the least. */
  long least(Layer layer) {
    return elements(layer);
  }

  /** How often the examples are read for it. */
  int readings(Layer layer) {
    return 1;
  }

  /** Whether several cotangents of the layer are taken at once. */
  boolean stacks(Layer layer) {
    return false;
  }

  /** What filling the block's sums needs for one example. */
  abstract Need need(LayerSizes layer, int cotangents);

  /** An empty sum for the block of {@code layer}. */
  abstract BlockAccumulator accumulator(Layer layer, Types types);

  /** The kind whose sum the first reading fills: the same for kinds that begin alike. */
  BlockKind firstStage(Layer layer) {
    return this;
  }

  /** What a second reading of the examples accumulates, given the finished first. */
  Optional<BlockAccumulator> secondPass(Layer layer, BlockAccumulator first, long n, Types types) {
    return Optional.empty();
  }

  /** Every example's gradient, which all sums of a layer share. */
  static Need rows(LayerSizes layer, int cotangents) {
    return new Need(
        layer.layer().size() + (layer.outer() ? layer.factor() : layer.inputs()),
        0,
        cotangents * layer.flops());
  }

  /** Gradients a few at a time, of which the factors are kept. */
  static Need products(LayerSizes layer, int cotangents, int times) {
    // if all cotangents come at once, the input's factor is needed once, layer by layer
    boolean once = Filling.together(cotangents) == cotangents;
    // with one position the factors are squared, not their products
    double squares = layer.positions() == 1 ? layer.factor() + layer.signal() : 0;
    return new Need(
        once ? 0 : layer.factor(),
        layer.signal() + (once ? layer.factor() : 0) + squares,
        cotangents * times * (layer.flops() + 2.0 * layer.layer().size()));
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

  private static BlockAccumulator kronecker(Layer layer, boolean reduce, Types types) {
    if (layer.matrix().isEmpty()) {
      return DENSE.accumulator(layer, types);
    }
    return layer.inputs() == InputSide.BOTH
        ? new PartialTraceAccumulator(layer, types)
        : new KroneckerAccumulator(layer, reduce, types);
  }
}
