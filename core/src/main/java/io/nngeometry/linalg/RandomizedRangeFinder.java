package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.SymmetricEigen;
import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;

/**
 * An orthonormal basis Q of what M does to random vectors, by subspace iteration, and the
 * eigenvectors of M within it (Halko, Martinsson and Tropp 2011, algorithms 4.4 and 5.3). With k
 * vectors and q iterations it costs k (q + 2) products; the spectral error is near the first
 * eigenvalue left out, and nearer with each iteration.
 *
 * @param oversampling vectors beyond the rank
 * @param iterations further products with the basis before its use; the text's q is half of it,
 *     since M M^T is two products
 * @param seed of the random vectors
 */
public record RandomizedRangeFinder(int oversampling, int iterations, long seed)
    implements LowRankMethod {
  /** Ten vectors beyond the rank, two iterations, seed zero. */
  public static final RandomizedRangeFinder DEFAULT = new RandomizedRangeFinder(10, 2, 0);

  /** Checks its options. */
  public RandomizedRangeFinder {
    if (oversampling < 0 || iterations < 0) {
      throw new IllegalArgumentException(
          "oversampling and iterations must not be negative, got %d and %d"
              .formatted(oversampling, iterations));
    }
  }

  @Override
  public Factor approximate(LinearOperator operator, long rank, TensorOptions options) {
    Sketch.check(operator, rank);
    try (Scope scope = Scope.open()) {
      long width = width(rank, operator.size());
      Tensor q = Sketch.test(seed, options, width, operator.size());
      for (int k = 0; k <= iterations; k++) {
        try (Scope step = Scope.open()) {
          q = step.keep(Sketch.orthonormal(operator.apply(q)));
        }
      }
      Tensor b = operator.apply(q).matmul(q.t());
      SymmetricEigen eigen = SymmetricEigen.of(b.add(b.t()).div(Tensors.scalar(2)));
      Tensor values = eigen.values().flip(0);
      double[] ends = {Tensors.item(values.min()), Tensors.item(values.max())};
      if (ends[0] < -Math.sqrt(Sketch.rounding(values)) * Math.abs(ends[1])) {
        throw new IndefiniteOperatorException("a low-rank approximation needs");
      }
      Tensor vectors = eigen.vectors().flip(1).t().matmul(q);
      Factor factor = Sketch.factor(values, vectors, rank, width * (iterations + 2L));
      scope.keep(factor.rows());
      return factor;
    }
  }
}
