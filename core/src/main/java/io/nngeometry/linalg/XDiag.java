package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.linalg.Probes.Distribution;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The diagonal by XDiag (Epperly, Tropp and Webber 2024, arXiv 2301.07825, section 2.4), as {@link
 * XTrace} the trace: far better than {@link Hutchinson#diagonal} where eigenvalues decay. Unbiased
 * for symmetric operators. The standard errors allow for samples that depend on each other, as
 * XTrace's do.
 *
 * @param effort two products a sample, four at least; five vectors a sample are in memory
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
        Samples samples = new Samples(basis);
        Moments moments = new Moments(options, within.size(0));
        for (long i = 0; i < basis.size(); i++) {
          try (Scope step = Scope.open()) {
            moments.add(samples.of(i).add(within));
          }
        }
        DiagonalEstimate independent = moments.estimate(basis.products());
        Tensor variance =
            independent
                .standardErrors()
                .square()
                .add(samples.covariance().clamp_min(new Scalar(0)));
        estimate = new DiagonalEstimate(independent.values(), variance.sqrt(), basis.products());
      }
      scope.keep(estimate.values());
      scope.keep(estimate.standardErrors());
      return estimate;
    }
  }

  /** What every random vector tells besides the diagonal within the basis; in its maker's scope. */
  private static final class Samples {
    private final RangeBasis basis;
    private final Tensor rho;
    private final Tensor own;
    private final Tensor image;
    private final Tensor missed;

    Samples(RangeBasis basis) {
      this.basis = basis;
      Tensor s = LeaveOneOut.directions(basis);
      rho = s.matmul(s.t());
      ScalarType type = Tensors.type(basis.q());
      // of the directions that belong to one vector alone: themselves, their images
      own = s.to(type).matmul(basis.q());
      image = s.to(type).matmul(basis.image());
      // omega times what its image has along its own direction
      missed =
          basis
              .overOmega(UnaryOperator.identity())
              .mul_(Equations.dots(s, basis.triangle()).to(type));
    }

    Tensor of(long i) {
      return own.narrow(0, i, 1).mul(missed.narrow(0, i, 1).sub(image.narrow(0, i, 1)));
    }

    /** Of samples i and j, the mean over all pairs, (d). */
    Tensor covariance() {
      return Scope.keeping(
          () -> {
            Tensor sum = torch.zeros_like(own.select(0, 0));
            long k = basis.size();
            for (long i = 0; i + 1 < k; i++) {
              for (long j = i + 1; j < k; j += basis.chunk(j, k)) {
                try (Scope step = Scope.open()) {
                  sum.add_(pairs(i, j, basis.chunk(j, k)));
                }
              }
            }
            return sum.div(new Scalar(k * (k - 1.0) / 2));
          });
    }

    private Tensor pairs(long i, long j, long count) {
      Tensor r = rho.narrow(0, j, count).narrow(1, i, 1).to(Tensors.type(own));
      Tensor rest = r.square().neg().add(new Scalar(1));
      Tensor mine = change(i, 1, j, count, r);
      Tensor theirs = change(j, count, i, 1, r);
      return Tensors.sum(mine.mul(theirs).div(rest.square()), false, 0);
    }

    /** What leaving out {@code others} too changes of the sample of {@code these}, times rest. */
    private Tensor change(long these, long n, long others, long m, Tensor r) {
      Tensor e = own.narrow(0, others, m).sub(own.narrow(0, these, n).mul(r));
      Tensor f = image.narrow(0, others, m).sub(image.narrow(0, these, n).mul(r));
      return e.mul(f.add(missed.narrow(0, these, n).mul(r)));
    }
  }
}
