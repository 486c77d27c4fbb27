package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Random vectors v with E v v^T = I, by which traces and norms are estimated from products
 * (Hutchinson 1990; Girard 1989).
 *
 * @param count how many
 * @param distribution of their coordinates
 * @param seed the same seed gives the same vectors
 */
public record Probes(int count, Distribution distribution, long seed) {
  /** Checks the count. */
  public Probes {
    if (count < 1) {
      throw new IllegalArgumentException("probes: one or more, not " + count);
    }
  }

  /** Of independent coordinates. */
  public enum Distribution {
    /** Standard normal. */
    GAUSSIAN,
    /** +1 or -1: of smaller variance where the diagonal dominates. */
    RADEMACHER
  }

  /** Standard normal vectors. */
  public static Probes gaussian(int count, long seed) {
    return new Probes(count, Distribution.GAUSSIAN, seed);
  }

  /** Vectors of signs. */
  public static Probes rademacher(int count, long seed) {
    return new Probes(count, Distribution.RADEMACHER, seed);
  }

  /** The vectors as rows, (count, d). */
  public Tensor rows(TensorOptions options, long d) {
    return Scope.keeping(
        () -> {
          Tensor normal = Tensors.randn(seed, options, count, d);
          return distribution == Distribution.GAUSSIAN
              ? normal
              : normal
                  .ge(new Scalar(0))
                  .to(Tensors.type(normal))
                  .mul(new Scalar(2))
                  .sub(new Scalar(1));
        });
  }

  /** ||M||_F^2, the mean of |M v|^2. */
  public Estimate squaredFrobeniusNorm(LinearOperator operator, TensorOptions options) {
    try (Scope scope = Scope.open()) {
      Tensor images = operator.apply(rows(options, operator.size())).to(ScalarType.Double);
      return Estimate.mean(Tensors.toArray(images.square().sum(1)), count);
    }
  }

  /** The trace, the mean of v^T M v. */
  public Estimate trace(LinearOperator operator, TensorOptions options) {
    try (Scope scope = Scope.open()) {
      Tensor rows = rows(options, operator.size());
      Tensor forms = rows.to(ScalarType.Double).mul(operator.apply(rows)).sum(1);
      return Estimate.mean(Tensors.toArray(forms), count);
    }
  }
}
