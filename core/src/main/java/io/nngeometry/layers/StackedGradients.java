package io.nngeometry.layers;

import io.nngeometry.engine.Tensors;
import java.util.List;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * The gradients of one layer for several cotangents of the same examples. Sums over both, of what
 * needs every example's gradient, are fewer and larger products than cotangent by cotangent: the
 * input is read once.
 */
public final class StackedGradients {
  private final List<LayerGradients> each;
  private final @Nullable OuterStack shared;

  /**
   * @param each those of every cotangent, at least one
   */
  public StackedGradients(List<LayerGradients> each) {
    this.each = each;
    this.shared = OuterGradients.sharing(each);
  }

  /** Those of every cotangent. */
  public List<LayerGradients> each() {
    return each;
  }

  /** Writes {@code factor} times every example's gradient to {@code place}, (K, n, p). */
  public void perExampleInto(Tensor place, double factor) {
    if (shared != null) {
      shared.into(place, factor);
      return;
    }
    for (int k = 0; k < each.size(); k++) {
      Tensor g = each.get(k).perExample();
      torch.mul_out(place.select(0, k), g, Tensors.filled(g, factor));
    }
  }

  /** Sum over examples and cotangents of the squared gradients, (p). */
  public Tensor squareSum() {
    return shared == null
        ? sum(LayerGradients::squareSum)
        : shared.layout().toFlat(shared.squares());
  }

  /**
   * Sum over examples and cotangents of the squared gradients in other bases, (groups, rows,
   * width).
   *
   * @see OuterGradients#squareSumMatrix(Tensor, Tensor)
   */
  public Tensor squareSumMatrix(Tensor rowBasis, Tensor columnBasis) {
    return shared == null
        ? sum(g -> g.outer().squareSumMatrix(rowBasis, columnBasis))
        : shared.squares(rowBasis, columnBasis);
  }

  /**
   * Sum over examples and cotangents of each weight's gradient times that of its row's bias,
   * (groups, rows, columns).
   *
   * @param layout the layer's weight and bias as rows
   */
  public Tensor biasCovariance(MatrixLayout layout) {
    return shared == null
        ? sum(g -> g.biasCovariance(layout))
        : shared.biasCovariance(layout.columns());
  }

  private Tensor sum(Function<LayerGradients, Tensor> f) {
    Tensor first = f.apply(each.get(0));
    return each.stream().skip(1).map(f).reduce(first, Tensor::add);
  }
}
