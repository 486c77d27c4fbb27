package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;

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
    RADEMACHER;

    /** Made of standard normal numbers. */
    Tensor of(Tensor normal) {
      return this == GAUSSIAN
          ? normal
          : normal.ge(new Scalar(0)).to(Tensors.type(normal)).mul(new Scalar(2)).sub(new Scalar(1));
    }

    /**
     * The vectors {@code first} to {@code first + count} of an endless list, (count, d), each made
     * from the seed and its place alone.
     */
    Tensor draw(long seed, long first, long count, TensorOptions options, long d) {
      return draw(seed, LongStream.range(first, first + count).toArray(), options, d);
    }

    /** The vectors at these places of that list. */
    Tensor draw(long seed, long[] places, TensorOptions options, long d) {
      return Scope.keeping(
          () -> {
            List<Tensor> rows = new ArrayList<>();
            for (long k : places) {
              rows.add(of(Tensors.randn(Seeds.of(seed, k), options, 1, d)));
            }
            return Tensors.cat(rows, 0);
          });
    }
  }

  /** Vectors of d coordinates that are multiplied at once: memory stays small. */
  static long chunk(long d) {
    return Math.max(1, Math.min(32, (1L << 22) / d));
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
          return distribution.of(Tensors.randn(seed, options, count, d));
        });
  }

  /** ||M||_F^2, the mean of |M v|^2. */
  public Estimate squaredFrobeniusNorm(LinearOperator operator, TensorOptions options) {
    return estimator().squaredFrobeniusNorm(operator, options);
  }

  /** The trace, the mean of v^T M v. */
  public Estimate trace(LinearOperator operator, TensorOptions options) {
    return estimator().trace(operator, options);
  }

  private Hutchinson estimator() {
    return new Hutchinson(Effort.products(count), distribution, seed, Monitor.SILENT);
  }
}
