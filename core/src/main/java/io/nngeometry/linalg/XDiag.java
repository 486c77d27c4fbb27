package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.linalg.Probes.Distribution;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;

/**
 * The diagonal by XDiag (Epperly, Tropp and Webber 2024, arXiv 2301.07825, section 2.4), as {@link
 * XTrace} the trace: far better than {@link Hutchinson#diagonal} where eigenvalues decay. Unbiased
 * for symmetric operators.
 *
 * @param effort two products a sample, four at least
 * @param seed the same seed gives the same estimate
 * @param monitor watches, and may stop and resume
 */
public record XDiag(Effort effort, long seed, Monitor monitor) {
  private static final String NAME = "XDiag";

  /** Unwatched. */
  public static XDiag of(Effort effort, long seed) {
    return new XDiag(effort, seed, Monitor.SILENT);
  }

  /** Under {@code watch}. */
  public XDiag monitored(Monitor watch) {
    return new XDiag(effort, seed, watch);
  }

  /**
   * The diagonal, coordinate by coordinate with a standard error.
   *
   * @param options type and device of the operator's vectors
   * @throws IllegalArgumentException if fewer than four products are allowed or the operator is not
   *     symmetric
   * @throws CancelledException if stopped
   */
  public DiagonalEstimate diagonal(LinearOperator operator, TensorOptions options) {
    effort.require(4, NAME);
    try (Scope scope = Scope.open()) {
      LeaveOneOut basis =
          new LeaveOneOut(NAME, operator, options, Distribution.RADEMACHER, effort, seed, monitor);
      DiagonalEstimate estimate = null;
      while (basis.more(estimate == null ? Double.NaN : estimate.relativeError())) {
        estimate = estimate(basis.basis(), options);
      }
      scope.keep(java.util.Objects.requireNonNull(estimate).values());
      scope.keep(estimate.standardErrors());
      return estimate;
    }
  }

  private static DiagonalEstimate estimate(RangeBasis basis, TensorOptions options) {
    try (Scope scope = Scope.open()) {
      Tensor within = Tensors.sum(basis.q().mul(basis.image()), false, 0);
      DiagonalEstimate estimate;
      if (basis.complete()) {
        estimate =
            new DiagonalEstimate(within, Tensors.zeros(within, within.size(0)), basis.products());
      } else {
        Moments moments = new Moments(options, within.size(0));
        Tensor left = LeaveOneOut.directions(basis);
        // what M omega has along its own direction
        Tensor length = Equations.dots(left, basis.triangle()).to(Tensors.type(within));
        Tensor directions = left.to(Tensors.type(within));
        for (long first = 0; first < basis.size(); first += basis.chunk(first, basis.size())) {
          try (Scope step = Scope.open()) {
            long count = basis.chunk(first, basis.size());
            Tensor mine = directions.narrow(0, first, count);
            Tensor own = mine.matmul(basis.q());
            Tensor missed = basis.omega(first, count).mul(length.narrow(0, first, count));
            moments.add(own.mul(missed.sub(mine.matmul(basis.image()))).add(within));
          }
        }
        estimate = moments.estimate(basis.products());
      }
      scope.keep(estimate.values());
      scope.keep(estimate.standardErrors());
      return estimate;
    }
  }
}
