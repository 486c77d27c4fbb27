package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;

/**
 * A diagonal known from products: the mean of v * (M v) over probes v (Bekas, Kokiopoulou and Saad
 * 2007).
 *
 * @param values the diagonal, (d)
 * @param standardErrors standard deviation of each value, estimated, (d); NaN where one probe does
 *     not tell
 * @param products operator applications it took
 */
public record DiagonalEstimate(Tensor values, Tensor standardErrors, long products) {
  /** Estimates the diagonal; signs as probes are exact where the matrix is diagonal. */
  public static DiagonalEstimate of(LinearOperator operator, Probes probes, TensorOptions options) {
    try (Scope scope = Scope.open()) {
      Tensor v = probes.rows(options, operator.size());
      Tensor samples = operator.apply(v).mul(v);
      long m = probes.count();
      Tensor mean = samples.sum(0).div(Tensors.scalar(m));
      Tensor squares = samples.sub(mean).square().sum(0);
      Tensor errors = squares.div(Tensors.scalar((m - 1.0) * m)).sqrt();
      return new DiagonalEstimate(scope.keep(mean), scope.keep(errors), m);
    }
  }
}
