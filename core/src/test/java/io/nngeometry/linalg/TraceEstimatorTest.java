package io.nngeometry.linalg;

import static io.nngeometry.linalg.Dense.DOUBLE;
import static io.nngeometry.linalg.Dense.FLOAT;
import static io.nngeometry.linalg.Dense.ofSpectrum;
import static io.nngeometry.linalg.Dense.wishart;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.Arrays;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Estimates of traces against the traces, and their errors against their standard errors. */
class TraceEstimatorTest {
  private static final int SEEDS = 200;
  private static final int D = 80;

  /** A kind of estimator, with its own name. */
  private interface Kind extends BiFunction<Effort, Long, TraceEstimator> {}

  static Stream<Arguments> kinds() {
    Kind hutchinson = Hutchinson::of;
    Kind gaussian =
        (effort, seed) ->
            new Hutchinson(effort, Probes.Distribution.GAUSSIAN, seed, Monitor.SILENT);
    Kind plus = HutchPlusPlus::of;
    Kind cross = XTrace::of;
    return Stream.of(
        Arguments.of("Hutchinson", hutchinson),
        Arguments.of("Gaussian", gaussian),
        Arguments.of("Hutch++", plus),
        Arguments.of("XTrace", cross));
  }

  private static Estimate[] overSeeds(Kind kind, Effort effort, Tensor matrix) {
    Estimate[] estimates = new Estimate[SEEDS];
    for (int seed = 0; seed < SEEDS; seed++) {
      try (Scope scope = Scope.open()) {
        Dense operator = new Dense(matrix);
        estimates[seed] = kind.apply(effort, (long) seed).trace(operator, DOUBLE);
        assertThat(estimates[seed].products()).isEqualTo(operator.vectors);
      }
    }
    return estimates;
  }

  private static double rootMeanSquare(Estimate[] estimates, double truth) {
    return Math.sqrt(
        Arrays.stream(estimates)
            .mapToDouble(e -> (e.value() - truth) * (e.value() - truth))
            .average()
            .orElseThrow());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void estimatesAreUnbiasedAndWithinTheirErrorsAsOftenAsPromised(String name, Kind kind) {
    for (double power : new double[] {0.5, 1.5}) {
      Tensor matrix = ofSpectrum(1, D, k -> Math.pow(k, -power));
      double truth = Tensors.item(matrix.trace());
      // thirty independent samples or more: the spread of fewer is not known to two sigma
      long products = name.equals("Hutch++") ? 90 : 60;
      Estimate[] estimates = overSeeds(kind, Effort.products(products), matrix);
      double[] values = Arrays.stream(estimates).mapToDouble(Estimate::value).toArray();
      Estimate mean = Estimate.mean(values, 0);
      long covered =
          Arrays.stream(estimates)
              .filter(e -> Math.abs(e.value() - truth) < 2 * e.standardError())
              .count();
      double spread = mean.standardError() * Math.sqrt(SEEDS);
      double believed =
          Arrays.stream(estimates).mapToDouble(Estimate::standardError).average().orElseThrow();
      assertThat(mean.value()).isCloseTo(truth, within(3.5 * mean.standardError()));
      assertThat(covered).isBetween(SEEDS * 90L / 100, SEEDS * 99L / 100);
      assertThat(believed / spread).isBetween(0.8, 1.25);
      assertThat(estimates[0].products()).isEqualTo(products);
    }
  }

  @Test
  void decayingSpectraAreWhereSketchesPay() {
    Tensor matrix = ofSpectrum(2, 200, k -> Math.pow(k, -2));
    double truth = Tensors.item(matrix.trace());
    double hutchinson =
        rootMeanSquare(overSeeds(Hutchinson::of, Effort.products(60), matrix), truth);
    double plus = rootMeanSquare(overSeeds(HutchPlusPlus::of, Effort.products(60), matrix), truth);
    double cross = rootMeanSquare(overSeeds(XTrace::of, Effort.products(60), matrix), truth);
    assertThat(plus).isLessThan(hutchinson / 10);
    assertThat(cross).isLessThan(plus / 1.5);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void whatIsOfLowRankOrSmallIsExactWhereItIsSketched(String name, Kind kind) {
    boolean sketches = name.equals("Hutch++") || name.equals("XTrace");
    for (Tensor matrix :
        new Tensor[] {
          wishart(1, 50, 7),
          wishart(1, 5, 9),
          wishart(1, 1, 1),
          torch.zeros(new long[] {20, 20}, DOUBLE),
          ofSpectrum(1, 40, k -> k <= 5 ? 1 : 0)
        }) {
      double truth = Tensors.item(matrix.trace());
      Estimate e = kind.apply(Effort.products(45), 3L).trace(new Dense(matrix), DOUBLE);
      double error = sketches || matrix.size(0) == 20 ? 1e-12 : 5 * e.standardError() + 1e-12;
      assertThat(e.value()).isCloseTo(truth, within(error));
      if (sketches) {
        assertThat(e.standardError()).isZero();
        assertThat(e.products()).isLessThan(45);
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void aToleranceIsReachedOrSaidNotToBe(String name, Kind kind) {
    Tensor matrix = ofSpectrum(1, 200, k -> Math.pow(k, -1));
    double truth = Tensors.item(matrix.trace());
    Estimate enough = kind.apply(Effort.within(0.03, 100_000), 5L).trace(new Dense(matrix), DOUBLE);
    assertThat(enough.within(0.03)).isTrue();
    assertThat(enough.products()).isLessThan(10_000);
    assertThat(enough.value()).isCloseTo(truth, within(4 * 0.03 * truth));
    Estimate more = kind.apply(Effort.within(0.01, 100_000), 5L).trace(new Dense(matrix), DOUBLE);
    assertThat(more.products()).isGreaterThan(enough.products());
    Estimate few = kind.apply(Effort.within(1e-6, 50), 5L).trace(new Dense(matrix), DOUBLE);
    assertThat(few.within(1e-6)).isFalse();
    assertThat(few.products()).isEqualTo(50);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void aResumedEstimateIsTheSameToTheLastBit(String name, Kind kind) {
    Tensor matrix = ofSpectrum(1, 150, k -> Math.pow(k, -0.5));
    for (Effort effort : new Effort[] {Effort.products(200), Effort.within(0.02, 3000)}) {
      TraceEstimator method = kind.apply(effort, 5L);
      Dense whole = new Dense(matrix);
      Estimate expected = method.trace(whole, DOUBLE);
      assertThat(method.trace(new Dense(matrix), DOUBLE)).isEqualTo(expected);
      for (long stop : new long[] {1, whole.vectors / 3, whole.vectors / 2, whole.vectors - 1}) {
        Dense before = new Dense(matrix);
        Map<String, Tensor> state =
            Cancelling.state(m -> monitored(method, m).trace(before, DOUBLE), stop);
        Dense after = new Dense(matrix);
        Estimate resumed = monitored(method, Monitor.SILENT.resuming(state)).trace(after, DOUBLE);
        assertThat(resumed).isEqualTo(expected);
        assertThat(before.vectors + after.vectors).isEqualTo(whole.vectors);
        TraceEstimator stranger = kind.apply(effort, 6L);
        assertThatThrownBy(
                () ->
                    monitored(stranger, Monitor.SILENT.resuming(state))
                        .trace(new Dense(matrix), DOUBLE))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("another operator, seed or options");
      }
    }
  }

  private static TraceEstimator monitored(TraceEstimator method, Monitor monitor) {
    if (method instanceof Hutchinson h) {
      return h.monitored(monitor);
    }
    return method instanceof XTrace x
        ? x.monitored(monitor)
        : ((HutchPlusPlus) method).monitored(monitor);
  }

  @Test
  void interruptionCancelsAndProgressIsTold() {
    Tensor matrix = ofSpectrum(1, 60, k -> 1.0 / k);
    double[] errors = new double[4];
    int[] told = {0};
    Hutchinson method =
        Hutchinson.of(Effort.products(100), 1)
            .monitored(
                p -> {
                  assertThat(p.method()).isEqualTo("Hutchinson trace");
                  assertThat(p.expected()).isEqualTo(100);
                  errors[told[0]++] = p.residual();
                });
    Estimate e = method.trace(new Dense(matrix), DOUBLE);
    assertThat(told[0]).isEqualTo(4);
    assertThat(errors[3]).isEqualTo(e.relativeError());
    Thread.currentThread().interrupt();
    assertThatThrownBy(
            () -> Hutchinson.of(Effort.products(100), 1).trace(new Dense(matrix), DOUBLE))
        .isInstanceOf(CancelledException.class)
        .hasMessageContaining("32 of at most 100");
    assertThat(Thread.interrupted()).isFalse();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void floatsWork(String name, Kind kind) {
    Tensor matrix = ofSpectrum(1, 100, k -> Math.pow(k, -1)).to(ScalarType.Float);
    double truth = Tensors.item(matrix.trace());
    Estimate e = kind.apply(Effort.products(90), 3L).trace(new Dense(matrix), FLOAT);
    assertThat(e.value()).isCloseTo(truth, within(5 * e.standardError()));
    Tensor low = wishart(1, 50, 7).to(ScalarType.Float);
    Estimate exact = kind.apply(Effort.products(90), 3L).trace(new Dense(low), FLOAT);
    assertThat(exact.value())
        .isCloseTo(
            Tensors.item(low.trace()), within(5 * exact.standardError() + 1e-4 * exact.value()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void badInputIsNamed(String name, Kind kind) {
    Dense nan = new Dense(wishart(1, 6, 6).div(new Scalar(0)).mul(new Scalar(0)));
    assertThatThrownBy(() -> kind.apply(Effort.products(20), 1L).trace(nan, DOUBLE))
        .isInstanceOf(ArithmeticException.class)
        .hasMessageContaining("NaN");
    assertThatThrownBy(() -> Effort.within(0, 5)).hasMessageContaining("tolerance");
    assertThatThrownBy(() -> Effort.products(0)).hasMessageContaining("product");
    Dense good = new Dense(wishart(1, 30, 40));
    if (name.equals("Hutch++") || name.equals("XTrace")) {
      assertThatThrownBy(() -> kind.apply(Effort.products(3), 1L).trace(good, DOUBLE))
          .hasMessageContaining("products or more, got 3");
      assertThatThrownBy(
              () -> kind.apply(Effort.products(20), 1L).trace(new LanczosTest.Skew(), DOUBLE))
          .hasMessageContaining("symmetric");
    } else {
      // any operator has a trace; of the reversal of six coordinates it is zero
      Estimate e = kind.apply(Effort.products(400), 1L).trace(new LanczosTest.Skew(), DOUBLE);
      assertThat(e.value()).isCloseTo(0, within(4 * e.standardError()));
    }
  }

  @Test
  void relativeErrorsOfNothingAreNothing() {
    assertThat(Estimate.exact(0, 3).relativeError()).isZero();
    assertThat(new Estimate(2, 0.5, 3).relativeError()).isEqualTo(0.25);
    assertThat(new Estimate(-2, 0.5, 3).within(0.25)).isTrue();
    assertThat(new Estimate(2, Double.NaN, 1).within(10)).isFalse();
    assertThat(DoubleStream.of(1, 2, 3).map(x -> Effort.within(0.1, 100).target((long) x, 10, 100)))
        .allMatch(x -> x == 10);
    assertThat(Effort.within(0.1, 100).target(10, 10, 100)).isEqualTo(15);
    assertThat(Effort.within(0.1, 100).target(99, 10, 100)).isEqualTo(100);
    assertThat(Effort.products(100).target(7, 10, 100)).isEqualTo(100);
  }
}
