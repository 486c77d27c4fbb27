package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Conjugate gradients for (M + lambda I) x = b with M positive semi-definite (Hestenes and Stiefel
 * 1952), one right-hand side a row, each with step lengths of its own but sharing every product.
 *
 * @param tolerance relative residual at which a row counts as solved
 * @param maxIterations products at the most
 */
public record ConjugateGradient(double tolerance, int maxIterations) {
  /** Solves to a relative residual of 1e-10 in at most 1,000 products. */
  public static final ConjugateGradient DEFAULT = new ConjugateGradient(1e-10, 1000);

  /** Checks its options. */
  public ConjugateGradient {
    if (!(tolerance > 0) || maxIterations < 1) {
      throw new IllegalArgumentException(
          "conjugate gradients need a positive tolerance and a product or more");
    }
  }

  /**
   * An approximate solution and how good it is.
   *
   * @param x (m, d)
   * @param products operator applications used
   * @param relativeResidual greatest |b - (M + lambda I) x| / |b| over the rows
   */
  public record Solution(Tensor x, int products, double relativeResidual) {}

  /** Solves for every row of b, (m, d). */
  public Solution solve(LinearOperator operator, Tensor b, double lambda) {
    try (Scope scope = Scope.open()) {
      Tensor x = torch.zeros_like(b);
      Tensor r = b.clone();
      Tensor p = b.clone();
      Tensor scale = rowNorms(b).clamp_min(new Scalar(Double.MIN_NORMAL));
      Tensor rr = dots(r, r);
      double worst = Tensors.item(rr.sqrt().div(scale).max());
      int products = 0;
      while (worst > tolerance && products < maxIterations) {
        try (Scope step = Scope.open()) {
          Tensor image = operator.apply(p).add(p, new Scalar(lambda));
          products++;
          Tensor curvature = dots(p, image);
          // a row that is solved exactly has p = 0: leave it where it is
          Tensor alpha = ratio(rr, curvature);
          x.addcmul_(alpha, p);
          r.addcmul_(alpha, image, new Scalar(-1));
          Tensor next = dots(r, r);
          p.mul_(ratio(next, rr)).add_(r);
          rr.copy_(next);
          worst = Tensors.item(rr.sqrt().div(scale).max());
        }
        if (!Double.isFinite(worst)) {
          throw new ArithmeticException(
              "conjugate gradients broke down: the operator gave NaN or infinite values");
        }
      }
      return new Solution(scope.keep(x), products, worst);
    }
  }

  private static Tensor dots(Tensor a, Tensor b) {
    return Tensors.sum(a.mul(b), true, 1);
  }

  private static Tensor rowNorms(Tensor a) {
    return dots(a, a).sqrt();
  }

  private static Tensor ratio(Tensor a, Tensor b) {
    return torch.where(b.ne(new Scalar(0)), a.div(b), torch.zeros_like(a));
  }
}
