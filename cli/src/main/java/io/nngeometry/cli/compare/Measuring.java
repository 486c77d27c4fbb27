package io.nngeometry.cli.compare;

import io.nngeometry.audit.Answers;
import io.nngeometry.cli.console.Numbers;
import io.nngeometry.engine.Scope;
import io.nngeometry.operators.PMat;
import io.nngeometry.operators.SingularBlockException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import org.bytedeco.pytorch.Tensor;

/** Holds matrices against the truth and collects the numbers. */
final class Measuring {
  private final Truth truth;
  private final Design design;
  private final List<Measurement> measurements = new ArrayList<>();
  private final Set<String> inverses = new LinkedHashSet<>();
  private final Map<String, SortedSet<Double>> gaps = new LinkedHashMap<>();
  private final Map<String, Double> productSeconds = new HashMap<>();
  private double secondsPerTrueProduct;

  Measuring(Truth truth, Design design) {
    this.truth = truth;
    this.design = design;
  }

  /** Steps that {@link #measure} takes: one for the products, one per solve. */
  long steps(PMat matrix) {
    return 1 + (long) Inverse.of(matrix).size() * design.dampings().size();
  }

  /** Measures all quantities of one matrix, telling {@code progress} the steps done. */
  void measure(PMat matrix, Probes probes, int draw, LongConsumer progress) {
    String series = matrix.representation();
    OptionalDouble none = OptionalDouble.empty();
    double error = Math.abs(matrix.trace() - truth.trace()) / truth.trace();
    measurements.add(
        new Measurement(series, Quantity.TRACE, none, draw, OptionalInt.empty(), error));
    try (Scope scope = Scope.open()) {
      Stopwatch watch = Stopwatch.start();
      Tensor images = matrix.apply(probes.rows());
      productSeconds.putIfAbsent(series, watch.seconds() / probes.count());
      Answers answers = probes.answers();
      add(series, Quantity.QUADRATIC_FORM, none, draw, answers.formErrors(images));
      add(series, Quantity.PRODUCT, none, draw, answers.cosines(images));
    }
    long step = 1;
    progress.accept(step);
    // all inverses at one damping together: a matrix keeps the factorisation used last
    for (double lambda : design.dampings()) {
      for (Inverse inverse : Inverse.of(matrix)) {
        solve(matrix, inverse, lambda, probes, draw);
        progress.accept(++step);
      }
    }
  }

  private void solve(PMat matrix, Inverse inverse, double lambda, Probes probes, int draw) {
    inverses.add(inverse.series());
    try {
      double[] cosines =
          design.residual().cosines(truth, probes, matrix, inverse.damping().apply(lambda));
      add(inverse.series(), Quantity.SOLVE, OptionalDouble.of(lambda), draw, cosines);
    } catch (SingularBlockException e) {
      gaps.computeIfAbsent(
              "%s: %s is singular or not positive".formatted(inverse.series(), e.what()),
              reason -> new TreeSet<>())
          .add(lambda);
    }
  }

  private void add(
      String series, Quantity quantity, OptionalDouble lambda, int draw, double[] values) {
    for (int k = 0; k < values.length; k++) {
      measurements.add(
          new Measurement(series, quantity, lambda, draw, OptionalInt.of(k), values[k]));
    }
  }

  /** Every number so far. */
  List<Measurement> measurements() {
    return List.copyOf(measurements);
  }

  void secondsPerTrueProduct(double seconds) {
    secondsPerTrueProduct = seconds;
  }

  double secondsPerProduct(String series) {
    return productSeconds.getOrDefault(series, Double.NaN);
  }

  Outcome outcome(double secondsTogether, List<Outcome.Built> matrices) {
    return new Outcome(
        truth.trace(),
        secondsPerTrueProduct,
        secondsTogether,
        matrices,
        List.copyOf(inverses),
        measurements,
        gaps.entrySet().stream().map(g -> gap(g.getKey(), g.getValue())).toList());
  }

  private static String gap(String reason, SortedSet<Double> dampings) {
    return dampings.size() == 1
        ? "%s with damping %s".formatted(reason, Numbers.error(dampings.first()))
        : "%s with dampings %s to %s"
            .formatted(reason, Numbers.error(dampings.first()), Numbers.error(dampings.last()));
  }
}
