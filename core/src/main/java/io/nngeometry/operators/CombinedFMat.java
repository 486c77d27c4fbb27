package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;

/** a K + b L of two kernels that are not stored. It uses both and owns neither. */
final class CombinedFMat extends MatrixFreeFMat {
  private final double a;
  private final FMat first;
  private final double b;
  private final FMat second;
  private final TensorOptions options;

  CombinedFMat(double a, MatrixFreeFMat first, double b, FMat second) {
    this.a = a;
    this.first = first;
    this.b = b;
    this.second = second;
    this.options = first.options();
  }

  @Override
  protected TensorOptions options() {
    return options;
  }

  @Override
  public long outputs() {
    return first.outputs();
  }

  @Override
  public long examples() {
    return first.examples();
  }

  @Override
  public String representation() {
    return b == 0
        ? "multiple of " + first.representation()
        : "combination of %s and %s".formatted(first.representation(), second.representation());
  }

  @Override
  public Tensor apply(Tensor rows) {
    return Scope.keeping(
        () -> {
          Tensor scaled = first.apply(rows).mul(new Scalar(a));
          return b == 0 ? scaled : scaled.add(second.apply(rows), new Scalar(b));
        });
  }

  @Override
  public void close() {
    // the two kernels belong to whoever made them
  }
}
