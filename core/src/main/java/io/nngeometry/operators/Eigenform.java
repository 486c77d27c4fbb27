package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A symmetric matrix as U diag(values) U^T + rest (I - U U^T), where U may lack some vectors. Every
 * function of a matrix is one of its eigenvalues, so inverses, powers and determinants of all kinds
 * of block are written here, once.
 *
 * @param basis the eigenvectors
 * @param values the eigenvalues, in the shape of the basis's coordinates
 * @param rest the eigenvalue of all vectors that the basis lacks
 */
record Eigenform(Basis basis, Tensor values, double rest) {

  /** A matrix of which all eigenvectors are there. */
  Eigenform(Basis basis, Tensor values) {
    this(basis, values, 0);
  }

  /** The image of rows. */
  Tensor apply(Tensor rows) {
    return apply(rows, values, rest);
  }

  /** The image of rows under the matrix with other eigenvalues. */
  Tensor apply(Tensor rows, Tensor coefficients, double other) {
    if (basis.missing() == 0) {
      return basis.from(basis.to(rows).mul(coefficients));
    }
    Scalar r = new Scalar(other);
    return basis.from(basis.to(rows).mul(coefficients.sub(r))).add(rows, r);
  }

  /** (M + lambda I)^-1 applied to rows. */
  Tensor solve(Tensor rows, double lambda) {
    return apply(rows, damped(lambda).reciprocal(), 1 / (rest + lambda));
  }

  /** The pseudo-inverse, which leaves out eigenvalues up to {@code least}. */
  Tensor solveAbove(Tensor rows, double least) {
    return apply(rows, above(least), restAbove(least));
  }

  /** The pseudo-inverse itself. */
  Block inverseAbove(double least) {
    return basis.block(above(least), restAbove(least));
  }

  private Tensor above(double least) {
    Tensor kept = values.gt(new Scalar(least));
    return torch.where(kept, values.reciprocal(), torch.zeros_like(values));
  }

  private double restAbove(double least) {
    return rest > least ? 1 / rest : 0;
  }

  /** (M + lambda I)^-1. */
  Block inverse(double lambda) {
    return basis.block(damped(lambda).reciprocal(), 1 / (rest + lambda));
  }

  /**
   * M to a power; one that is not a whole number, or negative, needs eigenvalues it is defined for.
   */
  Block power(double exponent) {
    boolean whole = exponent == Math.rint(exponent) && exponent >= 0;
    if (exponent < 0) {
      Spectrum.checkPositive("the matrix", distinct(), 0);
    }
    if (!whole && !isSemiDefinite()) {
      throw RefusedOperationException.powerOfNegative(exponent, "symmetric");
    }
    // below zero there is only rounding in a positive semi-definite matrix
    Tensor base = whole ? values : values.clamp_min(new Scalar(0));
    double other = whole ? rest : Math.max(0, rest);
    return basis.block(base.pow(new Scalar(exponent)), Math.pow(other, exponent));
  }

  private boolean isSemiDefinite() {
    double rounding = Tensors.type(values) == ScalarType.Double ? 1e-10 : 1e-4;
    double least = Spectrum.number(() -> distinct().min());
    return least >= -rounding * Spectrum.number(() -> distinct().abs().max());
  }

  /** log det (M + lambda I). */
  double logDeterminant(double lambda) {
    double seen = Spectrum.number(() -> damped(lambda).log().sum());
    return basis.missing() == 0 ? seen : seen + basis.missing() * Math.log(rest + lambda);
  }

  private Tensor damped(double lambda) {
    Spectrum.checkPositive("the matrix", distinct().add(new Scalar(lambda)), lambda);
    return values.add(new Scalar(lambda));
  }

  /** All eigenvalues that there are, flat, the rest's once. */
  Tensor distinct() {
    return withRest(Math.min(1, basis.missing()));
  }

  /** All p eigenvalues, flat. */
  Tensor all() {
    return withRest(basis.missing());
  }

  private Tensor withRest(long count) {
    Tensor seen = values.reshape(-1);
    return count == 0
        ? seen
        : Tensors.cat(List.of(seen, Tensors.empty(values, count).fill_(new Scalar(rest))), 0);
  }

  /** The sum of all eigenvalues. */
  double trace() {
    return Spectrum.number(values::sum) + basis.missing() * rest;
  }

  /** The root of the sum of their squares. */
  double frobeniusNorm() {
    return Math.hypot(Spectrum.number(values::norm), Math.sqrt(basis.missing()) * rest);
  }

  /** The k greatest eigenvalues and their vectors. */
  TopEigen top(long k) {
    try (Scope scope = Scope.open()) {
      boolean lacking = basis.missing() > 0 && Tensors.item(values.gt(new Scalar(rest)).sum()) < k;
      Eigenform form = lacking ? basis.completed(values, rest) : this;
      TopEigen top = form.topOfVectors(k);
      return new TopEigen(scope.keep(top.values()), scope.keep(top.vectors()));
    }
  }

  private TopEigen topOfVectors(long k) {
    Tensor flat = values.reshape(-1);
    T_TensorTensor_T best = torch.topk(flat, Math.min(k, flat.numel()));
    Tensor index = new Tensor(best.get1());
    Tensor unit = Tensors.zeros(values, index.numel(), flat.numel());
    unit.scatter_(1, index.unsqueeze(1), Tensors.scalar(1));
    long[] shape = new long[(int) values.dim() + 1];
    shape[0] = index.numel();
    System.arraycopy(Tensors.shape(values), 0, shape, 1, shape.length - 1);
    return new TopEigen(new Tensor(best.get0()).clone(), basis.from(unit.view(shape)));
  }
}
