package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.vectors.FVector;
import io.nngeometry.vectors.PVector;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * J^T J over parameters and J J^T over functions, two sides of one Jacobian: they share the
 * eigenvalues that are not zero, J carries eigenvectors of the one to the other's, and each solves
 * for the other by the Woodbury identity. Whichever is small is worth having; with few examples
 * that is the kernel.
 *
 * <pre>{@code
 * FMat K = TangentKernel.of(model).on(data).dense();
 * Duality dual = Duality.of(K, TangentKernel.of(model).on(data).implicit().jacobian());
 * PVector step = dual.solve(gradient, lambda); // (J^T J + lambda I)^-1 gradient
 * }</pre>
 *
 * @param kernel J J^T
 * @param jacobian J, by its products
 */
public record Duality(FMat kernel, JacobianOperator jacobian) {
  /** Checks that they belong together in shape. */
  public Duality {
    if (kernel.outputs() != jacobian.outputs() || kernel.examples() != jacobian.examples()) {
      throw new IllegalArgumentException(
          "a kernel of %d outputs on %d examples is not that of a Jacobian of %d on %d"
              .formatted(
                  kernel.outputs(), kernel.examples(), jacobian.outputs(), jacobian.examples()));
    }
  }

  /** The two sides of {@code jacobian}, with a kernel that is at hand. */
  public static Duality of(FMat kernel, JacobianOperator jacobian) {
    return new Duality(kernel, jacobian);
  }

  /** (J^T J + lambda I)^-1 v = (v - J^T (J J^T + lambda I)^-1 J v) / lambda. */
  public PVector solve(PVector v, double lambda) {
    requirePositive(lambda);
    return PVector.of(
        v.layers(),
        Scope.keeping(
            () -> {
              FVector inner = kernel.solve(jacobian.push().apply(v), Damping.tikhonov(lambda));
              return v.tensor().sub(jacobian.pull().apply(inner).tensor()).div(new Scalar(lambda));
            }));
  }

  /**
   * (J J^T + lambda I)^-1 u by a matrix over parameters.
   *
   * @param matrix J^T J / n, as {@link LowRankPMat} and the Fisher matrix of unit Gaussian outputs
   */
  public static FVector solve(PMat matrix, JacobianOperator jacobian, FVector u, double lambda) {
    requirePositive(lambda);
    double n = jacobian.examples();
    return FVector.of(
        Scope.keeping(
            () -> {
              PVector pulled = jacobian.pull().apply(u);
              PVector inner = matrix.solve(pulled, Damping.tikhonov(lambda / n));
              Tensor image = jacobian.push().apply(inner).tensor();
              return u.tensor().sub(image.div(new Scalar(n))).div(new Scalar(lambda));
            }));
  }

  /** The k greatest eigenvalues of J^T J and their vectors, (k, d), from the kernel's. */
  public TopEigen topEigen(long k) {
    try (Scope scope = Scope.open()) {
      TopEigen top = kernel.topEigen(k);
      Tensor functions =
          top.vectors().view(-1, jacobian.outputs(), jacobian.examples()).contiguous();
      Tensor vectors = jacobian.pull().apply(functions).div(top.values().sqrt().unsqueeze(1));
      return new TopEigen(scope.keep(top.values().clone()), scope.keep(vectors));
    }
  }

  private static void requirePositive(double lambda) {
    if (!(lambda > 0) || Double.isInfinite(lambda)) {
      throw new SingularBlockException("a matrix of low rank", lambda);
    }
  }
}
