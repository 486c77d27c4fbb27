package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;

/** a K + b L of two kernels that are not stored. It uses both and owns neither. */
final class CombinedFMat extends MatrixFreeFMat {
  private final FMat first;
  private final Combination factors;
  private final FMat second;
  private final TensorOptions options;

  CombinedFMat(double a, MatrixFreeFMat first, double b, FMat second) {
    this.first = first;
    factors = new Combination(a, b);
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
    return factors.name(first.representation(), second.representation());
  }

  @Override
  public Tensor apply(Tensor rows) {
    return Scope.keeping(() -> factors.of(first.apply(rows), () -> second.apply(rows)));
  }

  @Override
  public void close() {
    // the two kernels belong to whoever made them
  }
}
