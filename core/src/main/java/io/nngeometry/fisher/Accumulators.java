package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerGradients;
import io.nngeometry.layers.LayerInputs;
import io.nngeometry.layers.MatrixLayout;
import io.nngeometry.layers.OuterGradients;
import io.nngeometry.operators.Block;
import io.nngeometry.operators.DenseBlock;
import io.nngeometry.operators.DiagonalBlock;
import io.nngeometry.operators.EigenKroneckerBlock;
import io.nngeometry.operators.KroneckerBlock;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The running sums behind each kind of block. */
final class Accumulators {
  private Accumulators() {}

  /**
   * Types of a running sum.
   *
   * @param terms type and device of what is added
   * @param sum type it is added in
   */
  record Types(TensorOptions terms, ScalarType sum) {}

  /** All second moments of the layers' parameters together: sum of g g^T. */
  static final class Dense implements BlockAccumulator {
    private final List<Layer> layers;
    private final long offset;
    private final long size;
    private final Types types;
    private final Sum moments;

    /** Layers that follow each other in the flat order. */
    Dense(List<Layer> layers, Types types) {
      this.layers = layers;
      this.types = types;
      offset = layers.get(0).offset();
      size = layers.stream().mapToLong(Layer::size).sum();
      moments = new Sum(types.terms(), types.sum(), size, size);
    }

    @Override
    public void gradients(Map<String, LayerGradients> gradients, long examples) {
      if (layers.size() == 1) {
        LayerGradients only = gradients.get(layers.get(0).id());
        if (only != null) {
          moments.addGram(only.perExample());
        }
        return;
      }
      Tensor rows =
          org.bytedeco.pytorch.global.torch.zeros(new long[] {examples, size}, types.terms());
      for (Layer layer : layers) {
        LayerGradients mine = gradients.get(layer.id());
        if (mine != null) {
          rows.narrow(1, layer.offset() - offset, layer.size()).copy_(mine.perExample());
        }
      }
      moments.addGram(rows);
    }

    @Override
    public void merge(BlockAccumulator other) {
      moments.merge(((Dense) other).moments);
    }

    @Override
    public Block finish(long examples) {
      return new DenseBlock(moments.mean(layers.get(0).id(), examples));
    }

    @Override
    public void close() {
      moments.close();
    }
  }

  /** Second moment of every parameter: sum of g^2. */
  static final class Diagonal implements BlockAccumulator {
    private final Layer layer;
    private final Sum squares;

    Diagonal(Layer layer, Types types) {
      this.layer = layer;
      squares = new Sum(types.terms(), types.sum(), layer.size());
    }

    @Override
    public void gradients(Map<String, LayerGradients> gradients, long examples) {
      LayerGradients mine = gradients.get(layer.id());
      if (mine != null) {
        squares.add(mine.squareSum());
      }
    }

    @Override
    public void merge(BlockAccumulator other) {
      squares.merge(((Diagonal) other).squares);
    }

    @Override
    public Block finish(long examples) {
      return new DiagonalBlock(squares.mean(layer.id(), examples));
    }

    @Override
    public void close() {
      squares.close();
    }
  }

  /**
   * The Kronecker factors of a linear map, 'expand' form: second moments of inputs, summed over
   * positions, and of output gradients, averaged over positions (Grosse and Martens 2016, equation
   * 27).
   */
  static final class Kronecker implements BlockAccumulator {
    private final Layer layer;
    private final MatrixLayout layout;
    private final boolean inputIsLeft;
    private final Sum ofInputs;
    private final Sum ofSignals;

    Kronecker(Layer layer, Types types) {
      this.layer = layer;
      layout = layer.matrix().orElseThrow();
      inputIsLeft = layer.inputIsLeft();
      long in = inputIsLeft ? layout.rows() : layout.width();
      long out = inputIsLeft ? layout.width() : layout.rows();
      ofInputs = new Sum(types.terms(), types.sum(), layout.groups(), in, in);
      ofSignals = new Sum(types.terms(), types.sum(), layout.groups(), out, out);
    }

    @Override
    public void inputs(Map<String, LayerInputs> inputs) {
      LayerInputs mine = inputs.get(layer.id());
      if (mine != null) {
        ofInputs.add(mine.inputMoment());
      }
    }

    @Override
    public void gradients(Map<String, LayerGradients> gradients, long examples) {
      LayerGradients mine = gradients.get(layer.id());
      if (mine != null) {
        OuterGradients outer = mine.outer();
        ofSignals.add(outer.signalMoment(), 1.0 / outer.positions());
      }
    }

    @Override
    public void merge(BlockAccumulator other) {
      ofInputs.merge(((Kronecker) other).ofInputs);
      ofSignals.merge(((Kronecker) other).ofSignals);
    }

    @Override
    public KroneckerBlock finish(long examples) {
      Tensor in = ofInputs.mean(layer.id(), examples);
      Tensor out = ofSignals.mean(layer.id(), examples);
      return inputIsLeft
          ? new KroneckerBlock(layout, in, out)
          : new KroneckerBlock(layout, out, in);
    }

    @Override
    public void close() {
      ofInputs.close();
      ofSignals.close();
    }
  }

  /**
   * Second moments of the gradients in a Kronecker block's eigenbasis: the second pass of EKFAC.
   */
  static final class EigenKronecker implements BlockAccumulator {
    private final Layer layer;
    private final MatrixLayout layout;
    private final Tensor leftBasis;
    private final Tensor rightBasis;
    private final Sum squares;

    /** Takes over the bases of {@code start}. */
    EigenKronecker(Layer layer, EigenKroneckerBlock start, Types types) {
      this.layer = layer;
      layout = layer.matrix().orElseThrow();
      leftBasis = start.leftBasis();
      rightBasis = start.rightBasis();
      squares = new Sum(types.terms(), types.sum(), layout.groups(), layout.rows(), layout.width());
    }

    @Override
    public void gradients(Map<String, LayerGradients> gradients, long examples) {
      LayerGradients mine = gradients.get(layer.id());
      if (mine != null) {
        squares.add(mine.outer().squareSumMatrix(leftBasis, rightBasis));
      }
    }

    @Override
    public void merge(BlockAccumulator other) {
      squares.merge(((EigenKronecker) other).squares);
    }

    @Override
    public Block finish(long examples) {
      try (Scope scope = Scope.open()) {
        return new EigenKroneckerBlock(
            layout,
            scope.keep(leftBasis.clone()),
            scope.keep(rightBasis.clone()),
            scope.keep(squares.mean(layer.id(), examples)));
      }
    }

    @Override
    public void close() {
      squares.close();
      leftBasis.close();
      rightBasis.close();
    }
  }

  /** Options of {@code like}. */
  static Types types(Tensor like, ScalarType sum) {
    return new Types(Tensors.options(like), sum);
  }
}
