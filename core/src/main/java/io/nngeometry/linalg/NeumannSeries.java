package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.Map;
import java.util.OptionalDouble;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * (M + lambda I)^-1 b by the truncated series s sum_k (I - s (M + lambda I))^k b, which converges
 * for 0 < s < 2 / (|M| + lambda). Far slower than {@link ConjugateGradient}; a fixed number of
 * terms is a linear map of b, which conjugate gradients are not.
 *
 * @param tolerance relative residual |b - (M + lambda I) x| / |b| at which to stop
 * @param maxTerms terms at the most, each a product
 * @param scale s; empty for 1 / (|M| + lambda), with the norm by {@link Lanczos}
 * @param monitor watches, and may stop and resume
 */
public record NeumannSeries(double tolerance, int maxTerms, OptionalDouble scale, Monitor monitor) {
  private static final String NAME = "Neumann series";

  /** Checks its options. */
  public NeumannSeries {
    Checked.options(NAME, tolerance, maxTerms);
    if (scale.isPresent() && !(scale.getAsDouble() > 0)) {
      throw new IllegalArgumentException("a scale must be positive, got " + scale.getAsDouble());
    }
  }

  /** Of a scale that makes it converge. */
  public NeumannSeries(double tolerance, int maxTerms) {
    this(tolerance, maxTerms, OptionalDouble.empty(), Monitor.SILENT);
  }

  /** With a scale of one's own. */
  public NeumannSeries scaled(double s) {
    return new NeumannSeries(tolerance, maxTerms, OptionalDouble.of(s), monitor);
  }

  /** Under {@code watch}. */
  public NeumannSeries monitored(Monitor watch) {
    return new NeumannSeries(tolerance, maxTerms, scale, watch);
  }

  /**
   * Sums for every row of b, (m, d), as far as it gets: ask the solution whether it converged. Its
   * products leave out those of Lanczos.
   *
   * @throws ArithmeticException if the series is seen to diverge
   * @throws IllegalArgumentException if the operator is not symmetric or b of a wrong shape
   * @throws CancelledException if stopped
   */
  public Solution solve(LinearOperator operator, Tensor b, double lambda) {
    LinearOperator.requireSymmetric(operator, NAME);
    Checked.rows(b, operator.size(), "right-hand sides");
    Checked.lambda(lambda);
    try (Scope scope = Scope.open()) {
      Run run = new Run(NAME, monitor, b.size(0), b.size(1));
      double s = scale.orElseGet(() -> reciprocalNorm(operator, b, lambda));
      Equations equations = new Equations(NAME, operator, null, lambda, b);
      Tensor zero = torch.zeros_like(b);
      Tensor x = run.resumes() ? equations.scaled(run.get("x")) : zero;
      Tensor r = equations.residual(x, !run.resumes());
      double reached = worst(equations, r);
      int terms = 0;
      for (; reached > tolerance && terms < maxTerms; terms++) {
        try (Scope step = Scope.open()) {
          x.add_(r, new Scalar(s));
          r.sub_(equations.damped(r), new Scalar(s));
          double next = worst(equations, r);
          // no eigenvalue of I - s (M + lambda I) is above one: then no residual grows
          if (!(next <= reached * (1 + Math.sqrt(Sketch.rounding(r))))) {
            throw new ArithmeticException(
                ("the Neumann series diverges: the scale %.3e is not below 2 / (|M| + lambda), or M"
                        + " + lambda I is not positive")
                    .formatted(s));
          }
          reached = next;
          run.step(terms + 1, maxTerms, reached, () -> Map.of("x", equations.unscaled(x)));
        }
      }
      reached = worst(equations, equations.residual(x, false));
      return new Solution(
          scope.keep(equations.unscaled(x)), equations.products(), reached, reached <= tolerance);
    }
  }

  private static double worst(Equations equations, Tensor r) {
    try (Scope scope = Scope.open()) {
      return Tensors.item(equations.relative(Equations.norms(r)).max());
    }
  }

  private static double reciprocalNorm(LinearOperator operator, Tensor b, double lambda) {
    ScalarType type = Tensors.type(b);
    double damped = Lanczos.of(type).spectralNorm(operator, Tensors.options(b)) + lambda;
    if (!(damped > 0)) {
      throw new IndefiniteOperatorException("a Neumann series needs");
    }
    return 1 / damped;
  }
}
