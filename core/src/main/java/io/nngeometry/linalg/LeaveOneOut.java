package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.linalg.Probes.Distribution;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * A basis that grows until estimates from it are good enough, and its directions that belong to one
 * random vector alone (Epperly, Tropp and Webber 2024, section 3.1). In its caller's scope.
 */
final class LeaveOneOut {
  private final RangeBasis basis;
  private final Effort effort;
  private final long limit;
  private final Run run;
  private boolean begun;

  LeaveOneOut(
      String name,
      LinearOperator operator,
      TensorOptions options,
      Distribution distribution,
      Effort effort,
      long seed,
      Monitor monitor) {
    this.effort = effort;
    basis = new RangeBasis(operator, options, distribution, seed, name);
    limit = Math.min(operator.size(), effort.products() / 2);
    run = new Run(name, monitor, operator.size(), seed);
    if (run.resumes()) {
      basis.restore(run);
    }
  }

  RangeBasis basis() {
    return basis;
  }

  /** Whether there is more to know, beyond this relative error; grows the basis if so. */
  boolean more(double relativeError) {
    if (begun
        && (basis.complete() || basis.size() >= limit || relativeError <= effort.tolerance())) {
      return false;
    }
    // a state may be one of a rung that was just reached, and not yet looked at
    long from = begun ? basis.size() : Math.max(0, basis.size() - 1);
    begun = true;
    basis.grow(
        effort.target(from, Hutchinson.LEAST, limit),
        () -> run.step(basis.products(), effort.products(), relativeError, basis::state));
    return true;
  }

  /** Unit coordinates of what each random vector alone brings to the basis: rows, float64. */
  static Tensor directions(RangeBasis basis) {
    return Scope.keeping(
        () -> {
          Tensor l = basis.triangle();
          Tensor inverse =
              torch.linalg_solve_triangular(l, Tensors.eye(l, basis.size()), false).t();
          return inverse.div(Equations.norms(inverse));
        });
  }
}
