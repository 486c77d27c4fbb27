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
 * Second moments of the gradients in a Kronecker product's eigenbasis: the second pass of EKFAC, or
 * its refreshing. What the basis lacks has no gradients among those it was made of; where there are
 * others, it gets one eigenvalue with which the trace is exact.
 */
final class EigenKroneckerAccumulator implements StackAccumulator {
  private final Layer layer;
  private final MatrixLayout layout;
  private final EigenKroneckerBlock start;
  private final Sum squares;
  private final Means means;
  private final boolean others;
  private double squaredNorm;

  /**
   * Takes over {@code start}, of which only the bases matter.
   *
   * @param refreshed whether these are made of other gradients than will come
   */
  EigenKroneckerAccumulator(
      Layer layer, EigenKroneckerBlock start, boolean refreshed, Types types) {
    this.layer = layer;
    this.start = start;
    start.tensors().values().forEach(Scope::detach);
    others = refreshed && start.missing() > 0;
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
      if (others) {
        squaredNorm += gradients.squaredNorm();
      }
    }
  }

  @Override
  public void merge(BlockAccumulator other) {
    squares.merge(((EigenKroneckerAccumulator) other).squares);
    means.merge(((EigenKroneckerAccumulator) other).means);
    squaredNorm += ((EigenKroneckerAccumulator) other).squaredNorm;
  }

  @Override
  public Block finish(long examples) {
    return Block.keeping(
        () -> {
          Tensor moments =
              means.takenOff(
                  squares.mean(layer.id(), examples), examples, m -> rotated(m).square());
          return new EigenKroneckerBlock(
              layout,
              start.leftBasis().clone(),
              start.rightBasis().clone(),
              moments,
              others ? rest(moments, examples) : 0);
        });
  }

  /** What of the trace the basis leaves, over the dimensions that it lacks. */
  private double rest(Tensor moments, long examples) {
    double trace = squaredNorm / examples - means.squaredNorm(examples);
    return Math.max(0, trace - Tensors.item(moments.sum())) / start.missing();
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
