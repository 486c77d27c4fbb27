package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * (l + lambda) U (L + lambda)^-1 U^T + I - U U^T for an approximation U L U^T of M of low rank with
 * the least eigenvalue l: near (M + lambda I)^-1 but for a factor (Frangella, Tropp and Udell 2021,
 * equation 1.3). A rank of the effective dimension of M at lambda makes the condition number a
 * small constant.
 */
public final class NystromPreconditioner implements LinearOperator, AutoCloseable {
  private final Tensor vectors;
  private final Tensor weights;
  private final long products;

  private NystromPreconditioner(Tensor vectors, Tensor weights, long products) {
    this.vectors = vectors;
    this.weights = weights;
    this.products = products;
  }

  /** By {@link Nystrom#DEFAULT}. */
  public static NystromPreconditioner of(
      LinearOperator operator, long rank, double lambda, TensorOptions options) {
    return of(operator, Nystrom.DEFAULT, rank, lambda, options);
  }

  /**
   * Preconditions M + lambda I.
   *
   * @param method how M is approximated
   * @param rank of the approximation
   * @param lambda positive
   * @param options type and device of the operator's vectors
   * @throws IndefiniteOperatorException if the operator is seen not to be positive semi-definite
   */
  public static NystromPreconditioner of(
      LinearOperator operator,
      LowRankMethod method,
      long rank,
      double lambda,
      TensorOptions options) {
    if (!(lambda > 0) || Double.isInfinite(lambda)) {
      throw new IllegalArgumentException(
          "a Nystrom preconditioner needs a positive damping, got " + lambda);
    }
    try (Scope scope = Scope.open()) {
      LowRankMethod.Factor factor = method.approximate(operator, rank, options);
      Tensor rows = factor.rows();
      Tensor values = Tensors.sum(rows.square(), true, 1);
      // fewer rows than asked for are all there is of M: nothing but lambda is left beside them
      double least = rows.size(0) < rank ? 0 : Tensors.item(values.min());
      Tensor weights =
          values.add(new Scalar(lambda)).reciprocal().mul(new Scalar(least + lambda)).t();
      Tensor unit = rows.div(Equations.orOne(values.sqrt()));
      Tensor nonzero = torch.where(values.t().gt(new Scalar(0)), weights, torch.ones_like(weights));
      return new NystromPreconditioner(
          scope.keep(unit), scope.keep(nonzero.sub(new Scalar(1))), factor.products());
    }
  }

  /** Products of the operator that it took. */
  public long products() {
    return products;
  }

  @Override
  public long size() {
    return vectors.size(1);
  }

  @Override
  public Tensor apply(Tensor rows) {
    return Scope.keeping(() -> rows.add(rows.matmul(vectors.t()).mul(weights).matmul(vectors)));
  }

  @Override
  public void close() {
    vectors.close();
    weights.close();
  }
}
