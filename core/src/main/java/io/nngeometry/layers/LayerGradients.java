package io.nngeometry.layers;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.engine.Total;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * The gradients of n examples with respect to one layer's p parameters, for one output cotangent: a
 * matrix (n, p) that need not exist. Every quantity follows from {@link #perExample()}; a family
 * overrides what it knows a faster formula for.
 */
public abstract class LayerGradients {
  private final Scope.Owner lifetime = Scope.owner();
  private @Nullable Tensor perExample;

  /** Number of examples. */
  public abstract long examples();

  /** Computes the matrix (n, p) in flat order. */
  protected abstract Tensor computePerExample();

  /** The matrix (n, p) in flat order; computed once, it lives as long as the gradients. */
  public final Tensor perExample() {
    if (perExample == null) {
      perExample = lifetime.adopt(computePerExample());
    }
    return perExample;
  }

  /** Sum over examples of the squared gradients, (p). */
  public Tensor squareSum() {
    Tensor g = perExample();
    return g.mul(g).sum(0);
  }

  /**
   * Sum over examples of the squared gradients along orthonormal vectors, U_l^T g U_r squared, as
   * matrices (groups, r, q).
   *
   * @param layout the layer's matrices
   * @param rowBasis (groups, rows, r), the vectors as columns; rows of a lookup that keep their
   *     axes have a basis of ones (groups, rows), a diagonal matrix
   * @param columnBasis (groups, width, q)
   */
  public Tensor squareSumMatrix(MatrixLayout layout, Tensor rowBasis, Tensor columnBasis) {
    return Total.of(
        t -> new GivenTiles(layout, perExample().unsqueeze(0)).squares(rowBasis, columnBasis, t));
  }

  /**
   * Sum over examples of each weight's gradient times that of its row's bias, (groups, rows,
   * columns).
   *
   * @param layout the layer's weight and bias as rows
   */
  public Tensor biasCovariance(MatrixLayout layout) {
    Tensor g = layout.toMatrix(perExample());
    return g.narrow(-1, 0, layout.columns()).mul(g.narrow(-1, layout.columns(), 1)).sum(0);
  }

  /** Squared norm of each example's gradient, (n). */
  public Tensor squaredNorms() {
    Tensor g = perExample();
    return g.mul(g).sum(1);
  }

  /** Inner product of each example's gradient with {@code v}: (p) to (n). */
  public Tensor dot(Tensor v) {
    return perExample().mv(v);
  }

  /** Sum over examples of u_i times the gradient of i: (n) to (p). */
  public Tensor weightedSum(Tensor u) {
    return perExample().t().mv(u);
  }

  /** Sum over examples, (p). */
  public final Tensor sum() {
    return weightedSum(torch.ones(new long[] {examples()}, Tensors.options(anyTensor())));
  }

  /** A tensor of the gradients' type and device. */
  protected abstract Tensor anyTensor();

  /** Inner products with the gradients of other examples of the same layer, (n, n'). */
  public Tensor gram(LayerGradients other) {
    return torch.matmul(perExample(), other.perExample().t());
  }

  /**
   * The gradients as sums of outer products.
   *
   * @throws IllegalStateException if the layer is not a linear map
   */
  public OuterGradients outer() {
    throw new IllegalStateException("only linear maps have outer-product gradients");
  }
}
