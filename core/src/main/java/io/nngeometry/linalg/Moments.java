package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Mean and spread of vectors as they come, coordinate by coordinate and in float64 (Chan, Golub and
 * LeVeque 1983); in its maker's scope.
 */
final class Moments {
  final Tensor mean;
  final Tensor squares;
  private final ScalarType type;
  private long count;

  Moments(TensorOptions options, long d) {
    Tensor like = torch.zeros(new long[] {d}, options);
    type = Tensors.type(like);
    mean = like.to(ScalarType.Double);
    squares = torch.zeros_like(mean);
  }

  long count() {
    return count;
  }

  void restore(Tensor savedMean, Tensor savedSquares, long samples) {
    mean.copy_(savedMean);
    squares.copy_(savedSquares);
    count = samples;
  }

  /** Takes in rows (m, d). */
  void add(Tensor rows) {
    try (Scope scope = Scope.open()) {
      long m = rows.size(0);
      Tensor theirs = rows.to(ScalarType.Double);
      Tensor theirMean = theirs.sum(0).div(new Scalar(m));
      Tensor spread = theirs.sub(theirMean).square().sum(0);
      Tensor shift = theirMean.sub(mean);
      double all = (double) count + m;
      squares.add_(spread).add_(shift.square(), new Scalar(count * (m / all)));
      mean.add_(shift, new Scalar(m / all));
      count += m;
    }
  }

  /** The mean and its standard errors; in the caller's scope. */
  DiagonalEstimate estimate(long products) {
    try (Scope scope = Scope.open()) {
      double unknown = count > 1 ? 1.0 / (count - 1) / count : Double.NaN;
      Tensor errors = squares.mul(new Scalar(unknown)).sqrt();
      Tensor values = type == ScalarType.Double ? mean.clone() : mean.to(type);
      return new DiagonalEstimate(scope.keep(values), scope.keep(errors.to(type)), products);
    }
  }
}
