package io.nngeometry.operators;

import io.nngeometry.linalg.ConjugateGradient;
import io.nngeometry.linalg.LinearOperator;
import org.bytedeco.pytorch.Tensor;

/**
 * The damped inverse of one matrix, by its solves, to speed up the solves of another that it
 * approximates. It uses the matrix and does not own it.
 *
 * <pre>{@code
 * ConjugateGradient.DEFAULT
 *     .preconditioned(Preconditioner.of(kfac, Damping.tikhonov(lambda)))
 *     .solve(fisher, rows, lambda);
 * }</pre>
 *
 * @param matrix what approximates the matrix to be solved with
 * @param damping of it, positive definite
 * @see ConjugateGradient#preconditioned
 */
public record Preconditioner(PMat matrix, Damping damping) implements LinearOperator {
  /** Checks that the damped inverse is symmetric and positive. */
  public Preconditioner {
    LinearOperator.requireSymmetric(matrix, "preconditioners");
    if (damping instanceof Damping.Truncated) {
      throw new IllegalArgumentException(
          "a truncated inverse is singular and preconditions nothing: use tikhonov or factored");
    }
  }

  /** The damped inverse of {@code matrix}. */
  public static Preconditioner of(PMat matrix, Damping damping) {
    return new Preconditioner(matrix, damping);
  }

  @Override
  public long size() {
    return matrix.size();
  }

  @Override
  public Tensor apply(Tensor vectors) {
    return matrix.solve(vectors, damping);
  }
}
