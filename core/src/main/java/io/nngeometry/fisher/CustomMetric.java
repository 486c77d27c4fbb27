package io.nngeometry.fisher;

import io.nngeometry.engine.SymmetricEigen;
import io.nngeometry.engine.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** A metric that the user gives, by its action or by a square root; the other follows. */
final class CustomMetric implements Metric {
  private final @Nullable BinaryOperator<Tensor> action;
  private final @Nullable UnaryOperator<Tensor> root;

  CustomMetric(@Nullable BinaryOperator<Tensor> action, @Nullable UnaryOperator<Tensor> root) {
    this.action = action;
    this.root = root;
  }

  @Override
  public Tensor hessianProduct(Tensor outputs, Tensor u) {
    if (action != null) {
      return action.apply(outputs, u);
    }
    Tensor columns = columns(outputs);
    Tensor flat = Tensors.flatten(u).unsqueeze(0);
    Tensor flatColumns = columns.flatten(2, -1);
    Tensor weights = Tensors.sum(flatColumns.mul(flat), true, 2);
    return flatColumns.mul(weights).sum(0).reshape(Tensors.shape(u));
  }

  @Override
  public SquareRoot squareRoot(Tensor outputs) {
    Tensor columns = columns(outputs);
    return new SquareRoot() {
      @Override
      public int columns() {
        return Math.toIntExact(columns.size(0));
      }

      @Override
      public Tensor column(int k) {
        return columns.select(0, k);
      }
    };
  }

  private Tensor columns(Tensor outputs) {
    if (root != null) {
      Tensor columns = root.apply(outputs);
      if (columns.dim() != outputs.dim() + 1 || columns.size(1) != outputs.size(0)) {
        throw new IllegalArgumentException(
            "the square root must have shape (columns, n, ...), got %s for outputs %s"
                .formatted(
                    java.util.Arrays.toString(Tensors.shape(columns)),
                    java.util.Arrays.toString(Tensors.shape(outputs))));
      }
      return columns;
    }
    UnitCotangents units = new UnitCotangents(outputs);
    List<Tensor> images = new ArrayList<>();
    for (int k = 0; k < units.count(); k++) {
      images.add(Tensors.flatten(hessianProduct(outputs, units.get(k))));
    }
    SymmetricEigen eigen = SymmetricEigen.of(Tensors.stack(images, 2));
    Tensor scaled =
        eigen.vectors().mul(eigen.values().clamp_min(new Scalar(0)).sqrt().unsqueeze(1));
    long[] shape = new long[(int) outputs.dim() + 1];
    shape[0] = units.count();
    System.arraycopy(Tensors.shape(outputs), 0, shape, 1, shape.length - 1);
    return scaled.permute(2, 0, 1).reshape(shape);
  }

  @Override
  public Tensor score(Tensor outputs, Tensor labels) {
    throw noLabels();
  }

  @Override
  public Tensor sample(Tensor outputs, Draws draws) {
    throw noLabels();
  }

  private static UnsupportedOperationException noLabels() {
    return new UnsupportedOperationException(
        "a custom metric has no labels: use the exact estimator or curvature propagation");
  }
}
