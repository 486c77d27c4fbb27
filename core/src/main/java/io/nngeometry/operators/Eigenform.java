package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A symmetric matrix as U diag(values) U^T. Every function of a matrix is one of its eigenvalues,
 * so inverses, powers and determinants of all kinds of block are written here, once.
 *
 * @param basis the eigenvectors
 * @param values the eigenvalues, in the shape of the basis's coordinates
 */
record Eigenform(Basis basis, Tensor values) {

  /** U diag(coefficients) U^T applied to rows. */
  Tensor apply(Tensor rows, Tensor coefficients) {
    return basis.from(basis.to(rows).mul(coefficients));
  }

  /** (M + lambda I)^-1 applied to rows. */
  Tensor solve(Tensor rows, double lambda) {
    return basis.from(basis.to(rows).div(damped(lambda)));
  }

  /** The pseudo-inverse, which leaves out eigenvalues up to {@code least}. */
  Tensor solveAbove(Tensor rows, double least) {
    return apply(rows, above(least));
  }

  /** The pseudo-inverse itself. */
  Block inverseAbove(double least) {
    return basis.block(above(least));
  }

  private Tensor above(double least) {
    Tensor kept = values.gt(new Scalar(least));
    return torch.where(kept, values.reciprocal(), torch.zeros_like(values));
  }

  /** (M + lambda I)^-1. */
  Block inverse(double lambda) {
    return basis.block(damped(lambda).reciprocal());
  }

  /**
   * M to a power; one that is not a whole number, or negative, needs eigenvalues it is defined for.
   */
  Block power(double exponent) {
    boolean whole = exponent == Math.rint(exponent) && exponent >= 0;
    if (exponent < 0) {
      Spectrum.checkPositive("the matrix", values, 0);
    }
    if (!whole && !isSemiDefinite()) {
      throw RefusedOperationException.powerOfNegative(exponent, "symmetric");
    }
    // below zero there is only rounding in a positive semi-definite matrix
    Tensor base = whole ? values : values.clamp_min(new Scalar(0));
    return basis.block(base.pow(new Scalar(exponent)));
  }

  private boolean isSemiDefinite() {
    double rounding = Tensors.type(values) == ScalarType.Double ? 1e-10 : 1e-4;
    double least = Spectrum.number(values::min);
    return least >= -rounding * Spectrum.number(() -> values.abs().max());
  }

  /** log det (M + lambda I). */
  double logDeterminant(double lambda) {
    return Spectrum.number(() -> damped(lambda).log().sum());
  }

  private Tensor damped(double lambda) {
    Tensor damped = values.add(new Scalar(lambda));
    Spectrum.checkPositive("the matrix", damped, lambda);
    return damped;
  }

  /** The k greatest eigenvalues and their vectors. */
  TopEigen top(long k) {
    try (Scope scope = Scope.open()) {
      Tensor flat = values.reshape(-1);
      T_TensorTensor_T best = torch.topk(flat, Math.min(k, flat.numel()));
      Tensor index = new Tensor(best.get1());
      Tensor unit = Tensors.zeros(values, index.numel(), flat.numel());
      unit.scatter_(1, index.unsqueeze(1), Tensors.scalar(1));
      long[] shape = new long[(int) values.dim() + 1];
      shape[0] = index.numel();
      System.arraycopy(Tensors.shape(values), 0, shape, 1, shape.length - 1);
      return new TopEigen(
          scope.keep(new Tensor(best.get0()).clone()), scope.keep(basis.from(unit.view(shape))));
    }
  }
}
