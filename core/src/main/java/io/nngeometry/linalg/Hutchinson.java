package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.linalg.Probes.Distribution;
import java.util.Arrays;
import java.util.Map;
import java.util.function.BinaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Means over random vectors v: of v^T M v, the trace (Hutchinson 1990; Girard 1989); of v * M v,
 * the diagonal (Bekas, Kokiopoulou and Saad 2007); of |M v|^2, the squared Frobenius norm.
 * Unbiased, of any operator, at one product a sample and an error that falls with the root of their
 * number.
 *
 * @param effort how many
 * @param distribution of the vectors; a diagonal takes {@link Distribution#RADEMACHER}
 * @param seed the same seed gives the same estimate
 * @param monitor watches, and may stop and resume
 */
public record Hutchinson(Effort effort, Distribution distribution, long seed, Monitor monitor)
    implements TraceEstimator {
  /** Samples before a standard error is believed. */
  static final int LEAST = 10;

  /** Vectors of signs. */
  public static Hutchinson of(Effort effort, long seed) {
    return new Hutchinson(effort, Distribution.RADEMACHER, seed, Monitor.SILENT);
  }

  /** Under {@code watch}. */
  public Hutchinson monitored(Monitor watch) {
    return new Hutchinson(effort, distribution, seed, watch);
  }

  @Override
  public Estimate trace(LinearOperator operator, TensorOptions options) {
    return mean("Hutchinson trace", operator, options, Equations::dots);
  }

  /** ||M||_F^2. */
  public Estimate squaredFrobeniusNorm(LinearOperator operator, TensorOptions options) {
    return mean("Hutchinson norm", operator, options, (v, image) -> Equations.dots(image, image));
  }

  private Estimate mean(
      String name, LinearOperator operator, TensorOptions options, BinaryOperator<Tensor> sample) {
    Run run = new Run(name, monitor, operator.size(), seed, distribution.ordinal());
    double[] samples = run.resumes() ? Tensors.toArray(run.get("samples")) : new double[0];
    // a state may be one of a rung that was just reached, and not yet looked at
    int from = samples.length - 1;
    while (true) {
      int target = target(from);
      while (samples.length < target) {
        samples = concatenated(samples, sampled(name, operator, options, sample, samples, target));
        report(run, samples);
      }
      Estimate estimate = Estimate.mean(samples, samples.length);
      if (samples.length >= effort.products() || estimate.within(effort.tolerance())) {
        return estimate;
      }
      from = samples.length;
    }
  }

  private int target(long samples) {
    return (int) effort.target(samples, LEAST, effort.products());
  }

  private double[] sampled(
      String name,
      LinearOperator operator,
      TensorOptions options,
      BinaryOperator<Tensor> sample,
      double[] samples,
      int target) {
    try (Scope scope = Scope.open()) {
      Tensor v = draw(operator.size(), samples.length, target, options);
      Tensor image = Checked.product(operator, v, name);
      return Tensors.toArray(sample.apply(v.to(ScalarType.Double), image.to(ScalarType.Double)));
    }
  }

  private Tensor draw(long d, long first, long target, TensorOptions options) {
    long count = Math.min(Probes.chunk(d), target - first);
    return distribution.draw(seed, first, count, options, d);
  }

  private void report(Run run, double[] samples) {
    run.step(
        samples.length,
        effort.products(),
        Estimate.mean(samples, samples.length).relativeError(),
        () -> Map.of("samples", Tensors.of(samples, samples.length)));
  }

  static double[] concatenated(double[] a, double[] b) {
    double[] all = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, all, a.length, b.length);
    return all;
  }

  /**
   * The diagonal, coordinate by coordinate with a standard error.
   *
   * @throws IllegalArgumentException if the vectors are not of signs
   * @throws CancelledException if stopped
   */
  public DiagonalEstimate diagonal(LinearOperator operator, TensorOptions options) {
    if (distribution != Distribution.RADEMACHER) {
      throw new IllegalArgumentException("a diagonal is estimated with vectors of signs");
    }
    try (Scope scope = Scope.open()) {
      String name = "Hutchinson diagonal";
      long d = operator.size();
      Run run = new Run(name, monitor, d, seed);
      Moments moments = new Moments(options, d);
      if (run.resumes()) {
        moments.restore(run.get("mean"), run.get("squares"), run.counter("samples"));
      }
      long from = moments.count() - 1;
      while (true) {
        long target = target(from);
        while (moments.count() < target) {
          try (Scope step = Scope.open()) {
            Tensor v = draw(d, moments.count(), target, options);
            moments.add(Checked.product(operator, v, name).mul(v));
            run.step(
                moments.count(),
                effort.products(),
                moments.estimate(0).relativeError(),
                () ->
                    Map.of(
                        "mean", moments.mean,
                        "squares", moments.squares,
                        "samples", Run.counter(moments.count())));
          }
        }
        DiagonalEstimate estimate = moments.estimate(moments.count());
        if (moments.count() >= effort.products() || estimate.within(effort.tolerance())) {
          scope.keep(estimate.values());
          scope.keep(estimate.standardErrors());
          return estimate;
        }
        from = moments.count();
      }
    }
  }
}
