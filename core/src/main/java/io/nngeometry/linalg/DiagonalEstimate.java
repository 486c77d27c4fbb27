package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * A diagonal known from samples.
 *
 * @param values (d), of the operator's type
 * @param standardErrors of each, (d); zero where exact, NaN where one sample does not tell
 * @param products operator applications it took, each to one vector
 */
public record DiagonalEstimate(Tensor values, Tensor standardErrors, long products)
    implements AutoCloseable {
  /** The norm of the standard errors relative to that of the values. */
  public double relativeError() {
    try (Scope scope = Scope.open()) {
      double error = Tensors.item(standardErrors.norm());
      return error == 0 ? 0 : error / Tensors.item(values.norm());
    }
  }

  /** Whether the relative error is known to be at most {@code tolerance}. */
  public boolean within(double tolerance) {
    return relativeError() <= tolerance;
  }

  @Override
  public void close() {
    values.close();
    standardErrors.close();
  }
}
