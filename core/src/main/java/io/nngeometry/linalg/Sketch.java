package io.nngeometry.linalg;

import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What randomised methods of low rank share. Runs in its caller's scope. */
final class Sketch {
  private Sketch() {}

  static void check(LinearOperator operator, long rank) {
    LinearOperator.requireSymmetric(operator, "low-rank approximations");
    if (rank < 1 || rank > operator.size()) {
      throw new IllegalArgumentException(
          "a rank must be in [1, %d], got %d".formatted(operator.size(), rank));
    }
  }

  /** An orthonormal basis of the span of random vectors, as rows (width, d). */
  static Tensor test(long seed, TensorOptions options, long width, long d) {
    return orthonormal(Tensors.randn(seed, options, width, d));
  }

  /** Orthonormal rows that span these rows at least. */
  static Tensor orthonormal(Tensor rows) {
    return new Tensor(torch.linalg_qr(finite(rows).t()).get0()).t().contiguous();
  }

  /** Images as they are, or an error if they are no numbers. */
  static Tensor finite(Tensor images) {
    if (!Tensors.isFinite(images)) {
      throw new ArithmeticException("an operator to approximate gave NaN or infinite values");
    }
    return images;
  }

  static double rounding(Tensor like) {
    return Tensors.type(like) == ScalarType.Double ? 0x1p-52 : 0x1p-23;
  }

  /**
   * Rows of the leading eigenpairs.
   *
   * @param values descending, (k)
   * @param vectors unit vectors as rows, (k, d)
   */
  static LowRankMethod.Factor factor(Tensor values, Tensor vectors, long rank, long products) {
    double greatest = Math.max(0, Tensors.item(values.max()));
    double least = greatest * rounding(values) * values.numel();
    long positive = values.gt(new Scalar(least)).sum().item_long();
    long kept = Math.max(1, Math.min(rank, positive));
    Tensor roots = values.narrow(0, 0, kept).clamp_min(new Scalar(0)).sqrt();
    return new LowRankMethod.Factor(vectors.narrow(0, 0, kept).mul(roots.unsqueeze(1)), products);
  }
}
