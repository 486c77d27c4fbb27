package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Total;
import io.nngeometry.layers.InputSide;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerSizes;
import io.nngeometry.layers.MatrixLayout;
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
    boolean stacks() {
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
      return kroneckerElements(layer, layer.inputs() == InputSide.ROWS);
    }

    @Override
    long elements(LayerSizes layer, long examples, int cotangents) {
      return kroneckerElements(layer, layer.positions() * examples, cotangents);
    }

    @Override
    long least(Layer layer) {
      return leastKronecker(layer, elements(layer));
    }

    @Override
    Need need(LayerSizes layer, int cotangents) {
      return kroneckerNeed(layer, cotangents);
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
      return kroneckerElements(layer, false);
    }

    @Override
    long elements(LayerSizes layer, long examples, int cotangents) {
      return layer.layer().inputs() == InputSide.COLUMNS
          ? kroneckerElements(layer, examples, cotangents)
          : elements(layer.layer());
    }

    @Override
    long least(Layer layer) {
      return leastKronecker(layer, elements(layer));
    }

    @Override
    Need need(LayerSizes layer, int cotangents) {
      return kroneckerNeed(layer, cotangents);
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
    boolean stacks() {
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
    boolean stacks() {
      return true;
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
    long elements(LayerSizes layer, long examples, int cotangents) {
      if (layer.layer().matrix().isEmpty()) {
        return elements(layer.layer());
      }
      MatrixLayout m = layer.matrix();
      long inputs = layer.positions() * examples;
      boolean roots = hasRoots(layer);
      long rows = roots ? columns(inputs * cotangents, m.rows()) : m.rows();
      long width = roots ? columns(inputs, m.width()) : m.width();
      return KFAC.elements(layer, examples, cotangents) + m.groups() * rows * width;
    }

    @Override
    long least(Layer layer) {
      return leastKronecker(layer, elements(layer));
    }

    @Override
    Need need(LayerSizes layer, int cotangents) {
      return layer.outer()
          ? turned(layer, cotangents).and(new Need(0, 0, kroneckerNeed(layer, cotangents).flops()))
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
  long elements(LayerSizes layer, long examples, int cotangents) {
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

  /** Whether several cotangents are taken at once. */
  boolean stacks() {
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

  /** Gradients in other bases: where it is cheaper factors are rotated, products else. */
  static Need turned(LayerSizes layer, int cotangents) {
    int together = Filling.together(cotangents);
    boolean inFactor = layer.positions() <= layer.matrix().rows() * together;
    boolean signals = layer.positions() <= layer.matrix().width();
    double rotated = (inFactor ? layer.factor() : 0) + (signals ? together * layer.signal() : 0);
    double turning =
        2.0
            * layer.matrix().width()
            * (inFactor ? layer.factor() : (double) cotangents * layer.layer().size());
    return products(layer, cotangents, 1).and(new Need(0, rotated, turning));
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

  private static Need kroneckerNeed(LayerSizes layer, int cotangents) {
    if (!layer.outer()) {
      return DENSE.need(layer, cotangents);
    }
    double a = layer.factor() * layer.matrix().width() * (layer.patchless() ? 1 : 2);
    double g = layer.signal() * layer.matrix().rows() * 2;
    // a factor that was made is held for the minibatch, an image only for its moment
    double kept = layer.patchless() ? 0 : layer.factor();
    double passing = (layer.patchless() ? 1.3 * layer.inputs() : layer.factor()) + layer.signal();
    return new Need(kept, passing, a + cotangents * g);
  }

  private static long kroneckerElements(Layer layer, boolean diagonalRows) {
    if (layer.matrix().isEmpty()) {
      return DENSE.elements(layer);
    }
    MatrixLayout m = layer.matrix().get();
    long left = diagonalRows ? m.rows() : Math.multiplyExact(m.rows(), m.rows());
    return m.groups() * (left + m.width() * m.width());
  }

  /** Where factors are moments of few vectors their roots are stored. */
  private static long kroneckerElements(LayerSizes layer, long inputs, int cotangents) {
    if (!hasRoots(layer)) {
      return KFAC.elements(layer.layer());
    }
    MatrixLayout m = layer.matrix();
    return m.groups()
        * (m.rows() * columns(inputs * cotangents, m.rows())
            + m.width() * columns(inputs, m.width()));
  }

  private static boolean hasRoots(LayerSizes layer) {
    return layer.layer().matrix().isPresent() && layer.layer().inputs() == InputSide.COLUMNS;
  }

  private static long columns(long vectors, long side) {
    return Total.isNarrow(vectors, side) ? vectors : side;
  }

  /**
   * Roots have a column at least; a lookup's inputs are counted, and tables used twice have none.
   */
  private static long leastKronecker(Layer layer, long most) {
    return layer.matrix().isPresent() && layer.inputs() == InputSide.COLUMNS
        ? layer.matrix().get().groups()
            * (layer.matrix().get().rows() + layer.matrix().get().width())
        : most;
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
