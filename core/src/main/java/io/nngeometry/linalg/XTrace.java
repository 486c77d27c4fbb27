package io.nngeometry.linalg;

import static io.nngeometry.linalg.Equations.dots;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.linalg.Probes.Distribution;
import java.util.List;
import java.util.Objects;
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
 * @param effort two products a sample, four at least; two vectors a sample are in memory
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
      return Objects.requireNonNull(estimate);
    }
  }

  private static Estimate estimate(RangeBasis basis) {
    try (Scope scope = Scope.open()) {
      Tensor core = basis.core();
      double all = Tensors.item(core.trace());
      if (basis.complete()) {
        return Estimate.exact(all, basis.products());
      }
      // of each random vector omega: squared length, and coordinates in the basis
      Tensor numbers =
          basis.overOmega(
              omega ->
                  Tensors.cat(List.of(dots(omega, omega), omega.matmul(basis.q().t())), 1)
                      .to(ScalarType.Double));
      long k = basis.size();
      Tensor square = numbers.narrow(1, 0, 1);
      Tensor w = numbers.narrow(1, 1, k);
      Tensor l = basis.triangle();
      Tensor s = LeaveOneOut.directions(basis);
      double dimensions = basis.q().size(1) - k;
      // u = omega - Q c, without its part in the basis that leaves omega out
      Tensor own = dots(w, s);
      Tensor c = w.sub(own.mul(s));
      Tensor form = dots(l, w).sub(dots(c, l), new Scalar(2)).add(dots(c.matmul(core), c));
      Tensor length = square.sub(dots(c, c));
      Tensor images = s.matmul(core);
      Tensor missing = dots(images, s);
      Tensor one = form.div(length).mul(new Scalar(dimensions + 1)).sub(missing);
      // the same without a second vector: e = s_j - rho s_i is what then leaves the basis too
      Tensor rho = s.matmul(s.t()).fill_diagonal_(new Scalar(0));
      Tensor rest = rho.square().neg().add(new Scalar(1));
      Tensor beta = w.matmul(s.t()).sub(rho.mul(own)).div(rest);
      Tensor cross = images.matmul(s.t());
      Tensor e = missing.t().sub(rho.mul(cross), new Scalar(2)).add(rho.square().mul(missing));
      Tensor bend = c.matmul(images.t()).sub(rho.mul(dots(c, images)));
      Tensor form2 =
          form.sub(beta.mul(rho).mul(dots(s, l)), new Scalar(2))
              .sub(beta.mul(bend), new Scalar(2))
              .add(beta.square().mul(e));
      Tensor length2 = length.add(beta.square().mul(rest));
      Tensor two = form2.div(length2).mul(new Scalar(dimensions + 2)).sub(missing).sub(e.div(rest));
      Tensor change = one.sub(two).fill_diagonal_(new Scalar(0));
      double covariance = Tensors.item(change.mul(change.t()).sum()) / (k * (k - 1.0));
      Estimate independent =
          Estimate.mean(Tensors.toArray(one.add(new Scalar(all))), basis.products());
      double variance = Math.pow(independent.standardError(), 2) + Math.max(0, covariance);
      return new Estimate(independent.value(), Math.sqrt(variance), basis.products());
    }
  }
}
