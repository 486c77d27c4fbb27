package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.MatrixLayout;
import io.nngeometry.layers.StackedGradients;
import io.nngeometry.operators.Block;
import io.nngeometry.operators.EigenKroneckerBlock;
import org.bytedeco.pytorch.Tensor;

/**
 * Second moments of the gradients in a Kronecker product's eigenbasis: the second pass of EKFAC.
 */
final class EigenKroneckerAccumulator implements StackAccumulator {
  private final Layer layer;
  private final MatrixLayout layout;
  private final EigenKroneckerBlock start;
  private final Sum squares;
  private final Means means;

  /** Takes over {@code start}, of which only the bases matter. */
  EigenKroneckerAccumulator(Layer layer, EigenKroneckerBlock start, Types types) {
    this.layer = layer;
    this.start = start;
    layout = layer.matrix().orElseThrow();
    squares = types.sum(Tensors.shape(start.coefficients()));
    means = types.means(layer.size());
  }

  @Override
  public Layer layer() {
    return layer;
  }

  @Override
  public void gradients(StackedGradients gradients, int first) {
    try (Scope scope = Scope.open()) {
      squares.grow(
          total -> gradients.squares(layout, start.leftBasis(), start.rightBasis(), total));
      means.add(first, gradients);
    }
  }

  @Override
  public void merge(BlockAccumulator other) {
    squares.merge(((EigenKroneckerAccumulator) other).squares);
    means.merge(((EigenKroneckerAccumulator) other).means);
  }

  @Override
  public Block finish(long examples) {
    return Block.keeping(
        () ->
            new EigenKroneckerBlock(
                layout,
                start.leftBasis().clone(),
                start.rightBasis().clone(),
                means.takenOff(
                    squares.mean(layer.id(), examples), examples, m -> rotated(m).square()),
                0));
  }

  private Tensor rotated(Tensor mean) {
    return start.coordinates(mean.unsqueeze(0)).squeeze(0);
  }

  @Override
  public void close() {
    start.close();
    squares.close();
    means.close();
  }
}
