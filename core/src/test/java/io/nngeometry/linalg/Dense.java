package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A symmetric matrix that counts the vectors it is applied to and the times it is asked. */
final class Dense implements LinearOperator {
  static final TensorOptions DOUBLE = Tensors.options(ScalarType.Double);
  static final TensorOptions FLOAT = Tensors.options(ScalarType.Float);

  final Tensor matrix;
  long vectors;
  int calls;

  Dense(Tensor matrix) {
    this.matrix = matrix;
  }

  @Override
  public long size() {
    return matrix.size(0);
  }

  @Override
  public Tensor apply(Tensor rows) {
    vectors += rows.size(0);
    calls++;
    return Scope.keeping(() -> rows.matmul(matrix));
  }

  /** A matrix of these eigenvalues in random directions. */
  static Tensor ofSpectrum(long seed, double... values) {
    int d = values.length;
    Tensor q = new Tensor(torch.linalg_qr(randn(seed, d, d)).get0());
    Tensor m = q.mul(Tensors.of(values, d)).matmul(q.t());
    return m.add(m.t()).mul(Tensors.scalar(0.5));
  }

  /** A matrix of the eigenvalues f(1), ..., f(d). */
  static Tensor ofSpectrum(long seed, int d, IntToDoubleFunction f) {
    double[] values = new double[d];
    Arrays.setAll(values, k -> f.applyAsDouble(k + 1));
    return ofSpectrum(seed, values);
  }

  /** Eigenvalues from 1 down to 10^-decades, geometric. */
  static Tensor illConditioned(long seed, int d, double decades) {
    return ofSpectrum(seed, d, k -> Math.pow(10, -decades * (k - 1) / Math.max(1, d - 1)));
  }

  /** X^T X / rank. */
  static Tensor wishart(long seed, long d, long rank) {
    Tensor x = randn(seed, rank, d);
    return x.t().matmul(x).div(Tensors.scalar(rank));
  }

  static Tensor randn(long seed, long... shape) {
    return Tensors.randn(seed, DOUBLE, shape);
  }

  static Tensor damped(Tensor matrix, double lambda) {
    return matrix.add(Tensors.eye(matrix, matrix.size(0)), Tensors.scalar(lambda));
  }

  /** (M + lambda I)^-1 b for rows b, in float64. */
  static Tensor solve(Tensor matrix, Tensor b, double lambda) {
    return torch
        .linalg_solve(
            damped(matrix.to(ScalarType.Double), lambda), b.to(ScalarType.Double).t(), true)
        .t();
  }

  /** |a - b| / |b| in float64. */
  static double error(Tensor a, Tensor b) {
    Tensor truth = b.to(ScalarType.Double);
    double norm = Tensors.item(truth.norm());
    return Tensors.item(a.to(ScalarType.Double).sub(truth).norm()) / (norm == 0 ? 1 : norm);
  }
}
