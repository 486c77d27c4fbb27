package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.MatrixLayout;
import io.nngeometry.layers.StackedGradients;
import io.nngeometry.operators.Block;
import io.nngeometry.operators.DiagonalBlock;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** Second moment of every parameter: the sum of g^2. */
final class DiagonalAccumulator implements StackAccumulator {
  private final Layer layer;
  private final Optional<MatrixLayout> layout;
  private final Sum squares;
  private final Means means;

  DiagonalAccumulator(Layer layer, Types types) {
    this.layer = layer;
    layout = layer.matrix();
    squares =
        layout
            .map(m -> types.sum(m.groups(), m.rows(), m.width()))
            .orElseGet(() -> types.sum(layer.size()));
    means = types.means(layer.size());
  }

  @Override
  public Layer layer() {
    return layer;
  }

  @Override
  public void gradients(StackedGradients gradients, int first) {
    try (Scope scope = Scope.open()) {
      squares.grow(total -> gradients.squares(layout, total));
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
        () -> {
          Tensor moments = squares.mean(layer.id(), examples);
          return new DiagonalBlock(
              means.takenOff(
                  layout.map(m -> m.toFlat(moments)).orElse(moments), examples, Tensor::square));
        });
  }

  @Override
  public void close() {
    squares.close();
    means.close();
  }
}
