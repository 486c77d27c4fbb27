package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.MatrixLayout;
import io.nngeometry.layers.StackedGradients;
import io.nngeometry.operators.Block;
import io.nngeometry.operators.QuasiDiagonalBlock;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** Second moments of every parameter, and of each weight with the bias of its row. */
final class QuasiDiagonalAccumulator implements StackAccumulator {
  private final Layer layer;
  private final MatrixLayout layout;
  private final Sum squares;
  private final Sum cross;
  private final Means means;

  QuasiDiagonalAccumulator(Layer layer, Types types) {
    this.layer = layer;
    layout = layer.rows().orElseThrow();
    squares = types.sum(layout.groups(), layout.rows(), layout.width());
    cross = types.sum(layout.groups(), layout.rows(), layout.columns());
    means = types.means(layer.size());
  }

  @Override
  public Layer layer() {
    return layer;
  }

  @Override
  public void gradients(StackedGradients gradients, int first) {
    try (Scope scope = Scope.open()) {
      squares.grow(total -> gradients.squares(Optional.of(layout), total));
      cross.grow(total -> gradients.biasCovariance(layout, total));
      means.add(first, gradients);
    }
  }

  @Override
  public void merge(BlockAccumulator other) {
    squares.merge(((QuasiDiagonalAccumulator) other).squares);
    cross.merge(((QuasiDiagonalAccumulator) other).cross);
    means.merge(((QuasiDiagonalAccumulator) other).means);
  }

  @Override
  public Block finish(long examples) {
    return Block.keeping(
        () ->
            new QuasiDiagonalBlock(
                layout,
                means.takenOff(
                    squares.mean(layer.id(), examples),
                    examples,
                    mean -> layout.toMatrix(mean).square()),
                means.takenOff(cross.mean(layer.id(), examples), examples, this::withBias)));
  }

  private Tensor withBias(Tensor mean) {
    Tensor m = layout.toMatrix(mean);
    return m.narrow(-1, 0, layout.columns()).mul(m.narrow(-1, layout.columns(), 1));
  }

  @Override
  public void close() {
    squares.close();
    cross.close();
    means.close();
  }
}
