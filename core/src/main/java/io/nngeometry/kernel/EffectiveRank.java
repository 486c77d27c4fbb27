package io.nngeometry.kernel;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.operators.Mat;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * How many directions a positive semi-definite matrix uses, a kernel or a Fisher matrix: its
 * spectrum is both's.
 */
public final class EffectiveRank {
  private EffectiveRank() {}

  /** e to the entropy of the eigenvalues as a distribution (Roy and Vetterli 2007). */
  public static double of(Mat matrix) {
    try (Scope scope = Scope.open()) {
      Tensor values = values(matrix);
      Tensor p = values.div(values.sum());
      return Math.exp(-Tensors.item(p.xlogy(p).sum()));
    }
  }

  /** The sum of eigenvalues over the greatest of them. */
  public static double stable(Mat matrix) {
    try (Scope scope = Scope.open()) {
      Tensor values = values(matrix);
      return Tensors.item(values.sum()) / Tensors.item(values.max());
    }
  }

  /**
   * The effective dimension tr K (K + lambda I)^-1, the degrees of freedom of ridge regression.
   *
   * @param lambda positive
   */
  public static double dimension(Mat matrix, double lambda) {
    if (!(lambda > 0) || Double.isInfinite(lambda)) {
      throw new IllegalArgumentException(
          "an effective dimension needs a positive finite lambda, got " + lambda);
    }
    try (Scope scope = Scope.open()) {
      Tensor values = values(matrix);
      return Tensors.item(values.div(values.add(Tensors.scalar(lambda))).sum());
    }
  }

  /** The eigenvalues; what is below zero is rounding. */
  private static Tensor values(Mat matrix) {
    Tensor values = matrix.eigenvalues().to(ScalarType.Double).clamp_min(Tensors.scalar(0));
    if (!(Tensors.item(values.sum()) > 0)) {
      throw new ArithmeticException("a matrix that is zero has no effective rank");
    }
    return values;
  }
}
