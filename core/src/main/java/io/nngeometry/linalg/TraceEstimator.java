package io.nngeometry.linalg;

import org.bytedeco.pytorch.TensorOptions;

/** A way to estimate the trace of an operator from products with random vectors. */
public sealed interface TraceEstimator permits Hutchinson, HutchPlusPlus, XTrace {
  /**
   * The trace with its standard error.
   *
   * @param options type and device of the operator's vectors
   * @throws IllegalArgumentException if the products allowed are too few
   * @throws ArithmeticException if the operator gives NaN or infinite values
   * @throws CancelledException if stopped
   */
  Estimate trace(LinearOperator operator, TensorOptions options);
}
