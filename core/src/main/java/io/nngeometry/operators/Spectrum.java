package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.SymmetricEigen;
import io.nngeometry.engine.Tensors;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Eigenvalues and eigenvectors of symmetric matrices, all or all but some whose eigenvalue is zero.
 *
 * @param values ascending, (..., r)
 * @param vectors as columns, (..., p, r)
 */
record Spectrum(Tensor values, Tensor vectors) implements AutoCloseable {

  @Override
  public void close() {
    values.close();
    vectors.close();
  }

  /** Decomposes symmetric matrices (..., p, p). */
  static Spectrum of(Tensor matrices) {
    try (Scope scope = Scope.open()) {
      SymmetricEigen eigen = SymmetricEigen.of(matrices);
      return new Spectrum(scope.keep(eigen.values()), scope.keep(eigen.vectors()));
    }
  }

  /**
   * Decomposes for keeping: the result outlives every scope.
   *
   * @param positive whether negative eigenvalues are rounding, to be set to zero
   */
  static Spectrum kept(Tensor matrices, boolean positive) {
    try (Scope scope = Scope.open()) {
      Spectrum s = of(matrices);
      Tensor values = positive ? s.values().clamp_min(new Scalar(0)) : s.values();
      return new Spectrum(Scope.detach(values), Scope.detach(s.vectors()));
    }
  }

  /**
   * Decomposes R R^T for roots R, (..., p, m) with m < p, for keeping: m eigenvalues, beside which
   * all are zero. With R = Q T the vectors are Q times those of T T^T, orthonormal however near R's
   * columns are to dependent.
   */
  static Spectrum keptOfRoot(Tensor roots) {
    try (Scope scope = Scope.open()) {
      T_TensorTensor_T qt = torch.linalg_qr(roots.detach());
      Tensor q = new Tensor(qt.get0());
      Tensor t = new Tensor(qt.get1());
      Spectrum small = of(t.matmul(t.transpose(-1, -2)));
      return new Spectrum(
          Scope.detach(small.values().clamp_min(new Scalar(0))),
          Scope.detach(q.matmul(small.vectors())));
    }
  }

  /** The mean of all p eigenvalues, (..., 1). */
  Tensor mean() {
    double p = vectors.size(values.dim() - 1);
    return Tensors.sum(values, true, -1).div(new Scalar(p));
  }

  /** Fails unless every damped eigenvalue is safely above zero. */
  static void checkPositive(String what, Tensor damped, double lambda) {
    double rounding = Tensors.type(damped) == ScalarType.Double ? 1e-16 : 1e-8;
    double zero = lambda == 0 ? rounding * damped.numel() * Tensors.item(damped.max()) : 0;
    if (!(Tensors.item(damped.min()) > zero)) {
      throw new SingularBlockException(what, lambda);
    }
  }

  /**
   * What counts as zero in a pseudo-inverse: {@code cutoff} times the greatest eigenvalue, and what
   * rounding leaves of zero without a cutoff of the caller's.
   */
  static double threshold(double cutoff, double greatest, Tensor like) {
    double rounding = Tensors.type(like) == ScalarType.Double ? 1e-15 : 1e-7;
    return Math.max(cutoff, rounding) * greatest;
  }

  /** The one number that {@code f} computes. */
  static double number(Supplier<Tensor> f) {
    try (Scope scope = Scope.open()) {
      return Tensors.item(f.get());
    }
  }
}
