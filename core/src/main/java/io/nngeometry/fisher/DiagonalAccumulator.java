package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.StackedGradients;
import io.nngeometry.operators.Block;
import io.nngeometry.operators.DiagonalBlock;
import org.bytedeco.pytorch.Tensor;

/** Second moment of every parameter: the sum of g^2. */
final class DiagonalAccumulator implements StackAccumulator {
  private final Layer layer;
  private final Sum squares;
  private final Means means;

  DiagonalAccumulator(Layer layer, Types types) {
    this.layer = layer;
    squares = types.sum(layer.size());
    means = types.means(layer.size());
  }

  @Override
  public Layer layer() {
    return layer;
  }

  @Override
  public void gradients(StackedGradients gradients, int first) {
    try (Scope scope = Scope.open()) {
      squares.add(gradients.squareSum());
      means.add(first, gradients);
    }
  }

  @Override
  public void merge(BlockAccumulator other) {
    squares.merge(((DiagonalAccumulator) other).squares);
    means.merge(((DiagonalAccumulator) other).means);
  }

  @Override
  public Block finish(long examples) {
    return Block.keeping(
        () ->
            new DiagonalBlock(
                means.takenOff(squares.mean(layer.id(), examples), examples, Tensor::square)));
  }

  @Override
  public void close() {
    squares.close();
    means.close();
  }
}
