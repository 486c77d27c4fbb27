package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Extreme eigenvalues of a symmetric operator by the Lanczos iteration with full
 * reorthogonalisation (Golub and Van Loan, Matrix Computations, 10.3).
 *
 * @param tolerance residual, relative to the eigenvalue, at which to stop; the eigenvalue's own
 *     error is of second order in it
 * @param maxIterations products at the most
 * @param seed seed of the starting vector
 */
public record Lanczos(double tolerance, int maxIterations, long seed) {
  /** Of float64 vectors: a relative residual of 1e-8 in at most 300 products. */
  public static final Lanczos DEFAULT = new Lanczos(1e-8, 300, 0);

  /** Checks its options. */
  public Lanczos {
    if (!(tolerance > 0) || maxIterations < 1) {
      throw new IllegalArgumentException(
          "Lanczos needs a positive tolerance and a product or more");
    }
  }

  /** What vectors of {@code type} can reach: 1e-8, or 1e-5 in float32. */
  public static Lanczos of(ScalarType type) {
    return type.intern() == ScalarType.Double ? DEFAULT : new Lanczos(1e-5, 300, 0);
  }

  /**
   * The greatest eigenvalue in absolute value.
   *
   * @throws NotConvergedException if the tolerance is not reached
   * @throws IllegalArgumentException if the operator is not symmetric
   */
  public double spectralNorm(LinearOperator operator, TensorOptions options) {
    LinearOperator.requireSymmetric(operator, "Lanczos iterations");
    try (Scope scope = Scope.open()) {
      long d = operator.size();
      Tensor q = Tensors.randn(seed, options, 1, d);
      q = q.div(q.norm());
      List<Tensor> basis = new ArrayList<>();
      List<Double> alpha = new ArrayList<>();
      List<Double> beta = new ArrayList<>();
      double extreme = 0;
      double residual = 0;
      for (int k = 0; k < Math.min(maxIterations, d); k++) {
        basis.add(q);
        try (Scope step = Scope.open()) {
          Tensor w = operator.apply(q);
          alpha.add(Tensors.item(w.mul(q).sum()));
          Tensor all = Tensors.cat(basis, 0);
          for (int pass = 0; pass < 2; pass++) {
            w = w.sub(w.matmul(all.t()).matmul(all));
          }
          double norm = Tensors.item(w.norm());
          RitzPair pair = extremePair(alpha, beta);
          extreme = pair.value();
          // |M x - theta x| = beta times the last component of theta's eigenvector in the basis; a
          // settled value alone may be a mean of two that are close
          residual = norm * pair.last() / extreme;
          if (residual <= tolerance || norm <= Double.MIN_NORMAL) {
            return extreme;
          }
          beta.add(norm);
          q = step.keep(w.div(new Scalar(norm)));
        }
      }
      if (maxIterations < d) {
        throw new NotConvergedException(
            "the greatest eigenvalue by Lanczos",
            residual,
            tolerance,
            maxIterations,
            "give Lanczos more products or a greater tolerance");
      }
      return extreme; // the whole space has been seen
    }
  }

  private record RitzPair(double value, double last) {}

  private static RitzPair extremePair(List<Double> alpha, List<Double> beta) {
    int k = alpha.size();
    double[] dense = new double[k * k];
    for (int i = 0; i < k; i++) {
      dense[i * k + i] = alpha.get(i);
      if (i + 1 < k) {
        dense[i * k + i + 1] = beta.get(i);
        dense[(i + 1) * k + i] = beta.get(i);
      }
    }
    T_TensorTensor_T eigen = torch.linalg_eigh(Tensors.of(dense, k, k));
    double[] values = Tensors.toArray(eigen.get0());
    int extreme = Math.abs(values[0]) > Math.abs(values[k - 1]) ? 0 : k - 1;
    double[] vectors = Tensors.toArray(eigen.get1());
    return new RitzPair(Math.abs(values[extreme]), Math.abs(vectors[(k - 1) * k + extreme]));
  }
}
