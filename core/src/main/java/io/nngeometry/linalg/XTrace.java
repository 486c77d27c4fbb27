package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.linalg.Probes.Distribution;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The trace by XTrace (Epperly, Tropp and Webber 2024, arXiv 2301.07825, sections 2.1 and 2.3):
 * every random vector in turn is left out of a low-rank approximation and tells the trace of what
 * that misses. Unbiased for symmetric operators. Where eigenvalues decay the error falls as they
 * do, far below {@link Hutchinson}'s; the standard error takes the samples for independent, which
 * they nearly are.
 *
 * @param effort two products a sample, four at least
 * @param seed the same seed gives the same estimate
 * @param monitor watches, and may stop and resume
 */
public record XTrace(Effort effort, long seed, Monitor monitor) implements TraceEstimator {
  private static final String NAME = "XTrace";

  /** Unwatched. */
  public static XTrace of(Effort effort, long seed) {
    return new XTrace(effort, seed, Monitor.SILENT);
  }

  /** Under {@code watch}. */
  public XTrace monitored(Monitor watch) {
    return new XTrace(effort, seed, watch);
  }

  @Override
  public Estimate trace(LinearOperator operator, TensorOptions options) {
    effort.require(4, NAME);
    try (Scope scope = Scope.open()) {
      LeaveOneOut basis =
          new LeaveOneOut(NAME, operator, options, Distribution.GAUSSIAN, effort, seed, monitor);
      Estimate estimate = null;
      while (basis.more(estimate == null ? Double.NaN : estimate.relativeError())) {
        estimate = estimate(basis.basis());
      }
      return java.util.Objects.requireNonNull(estimate);
    }
  }

  private static Estimate estimate(RangeBasis basis) {
    try (Scope scope = Scope.open()) {
      Tensor core = basis.core();
      double all = Tensors.item(core.trace());
      if (basis.complete()) {
        return Estimate.exact(all, basis.products());
      }
      Tensor left = LeaveOneOut.directions(basis);
      // of omega: coordinates in the basis and squared length
      Tensor numbers =
          basis.overOmega(
              first ->
                  Scope.keeping(
                      () -> {
                        Tensor omega = basis.omega(first, basis.chunk(first, basis.size()));
                        Tensor squares = Equations.dots(omega, omega);
                        return Tensors.cat(
                                java.util.List.of(omega.matmul(basis.q().t()), squares), 1)
                            .to(ScalarType.Double);
                      }));
      Tensor w = numbers.narrow(1, 0, basis.size());
      Tensor c = w.sub(Equations.dots(w, left).mul(left));
      Tensor l = basis.triangle();
      // u = omega without its part in the basis that leaves omega out
      Tensor form =
          Equations.dots(l, w)
              .sub(Equations.dots(c, l), new Scalar(2))
              .add(Equations.dots(c.matmul(core), c));
      Tensor square = numbers.narrow(1, basis.size(), 1).sub(Equations.dots(c, c));
      double dimensions = basis.q().size(1) - basis.size() + 1.0;
      Tensor samples =
          form.div(square)
              .mul(new Scalar(dimensions))
              .sub(Equations.dots(left.matmul(core), left))
              .add(new Scalar(all));
      return Estimate.mean(Tensors.toArray(samples), basis.products());
    }
  }
}
