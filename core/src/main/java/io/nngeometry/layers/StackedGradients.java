package io.nngeometry.layers;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.engine.Total;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
  private final @Nullable Tensor given;

  /**
   * @param each those of every cotangent, at least one
   */
  public StackedGradients(List<LayerGradients> each) {
    this(each, null);
  }

  private StackedGradients(List<LayerGradients> each, @Nullable Tensor given) {
    this.each = each;
    this.shared = OuterGradients.sharing(each);
    this.given = given;
  }

  /**
   * Gradients that are there already.
   *
   * @param gradients (K, n, p) in flat order
   */
  public static StackedGradients of(Tensor gradients) {
    List<LayerGradients> each = new ArrayList<>();
    for (long k = 0; k < gradients.size(0); k++) {
      each.add(new ExplicitGradients(gradients.select(0, k)));
    }
    return new StackedGradients(each, gradients);
  }

  /** Those of every cotangent. */
  public List<LayerGradients> each() {
    return each;
  }

  /** Every example's gradient, (K, n, size) in flat order; in memory, example by example. */
  public Tensor perExample(long size) {
    Tensor like = each.get(0).anyTensor();
    Tensor place = Tensors.empty(like, each.get(0).examples(), each.size(), size).transpose(0, 1);
    try (Scope scope = Scope.open()) {
      perExampleInto(place, 1);
    }
    return place;
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

  /** The sum over examples and cotangents of the gradients' squared norms. */
  public double squaredNorm() {
    if (shared != null) {
      return shared.squaredNorm();
    }
    try (Scope scope = Scope.open()) {
      return each.stream().mapToDouble(g -> Tensors.item(g.squaredNorms().sum())).sum();
    }
  }

  /**
   * Adds the sum over examples and cotangents of the squared gradients.
   *
   * @param layout as which matrices, (groups, rows, width), or none for flat ones, (p)
   */
  public void squares(Optional<MatrixLayout> layout, Total total) {
    if (shared != null && layout.isPresent()) {
      shared.squares(total);
    } else {
      for (LayerGradients g : each) {
        Tensor squares = g.squareSum();
        total.add(layout.map(m -> m.toMatrix(squares)).orElse(squares));
      }
    }
  }

  /**
   * Adds the sum over examples and cotangents of the squared gradients along other vectors,
   * (groups, r, q).
   *
   * @see LayerGradients#squareSumMatrix
   */
  public void squares(MatrixLayout layout, Tensor rowBasis, Tensor columnBasis, Total total) {
    if (shared != null) {
      shared.squares(rowBasis, columnBasis, total);
    } else if (given != null) {
      new GivenTiles(layout, given).squares(rowBasis, columnBasis, total);
    } else {
      each.forEach(g -> total.add(g.squareSumMatrix(layout, rowBasis, columnBasis)));
    }
  }

  /**
   * Adds the sum over examples and cotangents of each weight's gradient times that of its row's
   * bias, (groups, rows, columns).
   *
   * @param layout the layer's weight and bias as rows
   */
  public void biasCovariance(MatrixLayout layout, Total total) {
    if (shared != null) {
      shared.biasCovariance(layout.columns(), total);
    } else {
      each.forEach(g -> total.add(g.biasCovariance(layout)));
    }
  }
}
