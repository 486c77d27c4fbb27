package io.nngeometry.fisher;

import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Of what kind running sums are.
 *
 * @param terms type and device of what is added
 * @param sum type it is added in
 * @param examples how many there will be
 * @param centred whether the mean over examples is taken off every gradient, per cotangent
 */
record Types(TensorOptions terms, ScalarType sum, long examples, boolean centred) {
  /** An empty sum. */
  Sum sum(long... shape) {
    return new Sum(terms, sum, shape);
  }

  /** Empty sums per cotangent, where there is something to centre. */
  Means means(long... shape) {
    return new Means(this, shape);
  }
}
