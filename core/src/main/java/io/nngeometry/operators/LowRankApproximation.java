package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.linalg.Estimate;
import io.nngeometry.linalg.LowRankMethod;
import io.nngeometry.linalg.Probes;
import org.bytedeco.pytorch.TensorOptions;

/**
 * A matrix of low rank in place of another, and what it leaves of it. Owns the matrix of low rank
 * alone; the other must not be closed while it is asked what is left.
 *
 * @param of what is approximated
 * @param matrix the approximation
 * @param products products of {@code of} that it took
 */
public record LowRankApproximation(PMat of, LowRankPMat matrix, long products)
    implements AutoCloseable {

  static LowRankApproximation by(LowRankMethod method, PMat of, long rank) {
    try (Scope scope = Scope.open()) {
      LowRankMethod.Factor factor = method.approximate(of, rank, options(of));
      return new LowRankApproximation(
          of, new LowRankPMat(of.layers(), scope.keep(factor.rows())), factor.products());
    }
  }

  /** Of what is stored, or of the parameters. */
  private static TensorOptions options(PMat m) {
    return Tensors.options(
        m.tensors().values().stream()
            .findFirst()
            .orElseGet(() -> m.layers().slots().get(0).parameter().tensor()));
  }

  /**
   * ||M - M_r||_F^2 by products of both with {@code probes}, which must be independent of those
   * that made the approximation: take another seed.
   */
  public Estimate squaredError(Probes probes) {
    return probes.squaredFrobeniusNorm(of.less(matrix), options(of));
  }

  /**
   * tr M - tr M_r, exactly: the sum of the eigenvalues left where the approximation is not greater
   * than the matrix, as Nystrom's is not. Costs the trace of M.
   */
  public double traceLeft() {
    return of.trace() - matrix.trace();
  }

  @Override
  public void close() {
    matrix.close();
  }
}
