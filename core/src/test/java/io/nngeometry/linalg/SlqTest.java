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
import java.util.function.DoubleUnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** Stochastic Lanczos quadrature against the spectrum. */
class SlqTest {

  private static double trace(Tensor matrix, DoubleUnaryOperator f) {
    return Arrays.stream(Tensors.toArray(torch.linalg_eigvalsh(matrix))).map(f).sum();
  }

  /** By Cholesky, as the definition has it. */
  private static double logDeterminant(Tensor matrix, double lambda) {
    Tensor lower = torch.linalg_cholesky(Dense.damped(matrix, lambda));
    return 2 * Tensors.item(lower.diagonal().log().sum());
  }

  @Test
  void logDeterminantsAreUnbiasedAndWithinTheirErrorsAsOftenAsPromised() {
    Tensor matrix = wishart(1, 60, 40);
    double lambda = 0.1;
    double truth = logDeterminant(matrix, lambda);
    int seeds = 200;
    double[] values = new double[seeds];
    int covered = 0;
    double believed = 0;
    for (int seed = 0; seed < seeds; seed++) {
      try (Scope scope = Scope.open()) {
        Dense operator = new Dense(matrix);
        Estimate e = Slq.of(16, 12, seed).logDeterminant(operator, lambda, DOUBLE);
        assertThat(e.products()).isEqualTo(operator.vectors).isEqualTo(192);
        values[seed] = e.value();
        believed += e.standardError() / seeds;
        covered += Math.abs(e.value() - truth) < 2 * e.standardError() ? 1 : 0;
      }
    }
    Estimate mean = Estimate.mean(values, 0);
    double spread = mean.standardError() * Math.sqrt(seeds);
    assertThat(mean.value()).isCloseTo(truth, within(3.5 * mean.standardError()));
    assertThat(covered).isBetween(180, 198);
    assertThat(believed / spread).isBetween(0.8, 1.25);
  }

  /** A warning and no bound: every halving of seven decades loses about as much again. */
  @Test
  void tooFewStepsShowInTheStandardError() {
    Tensor matrix = Dense.illConditioned(1, 100, 7);
    double truth = logDeterminant(matrix, 1e-9);
    Estimate few = Slq.of(50, 4, 1).logDeterminant(new Dense(matrix), 1e-9, DOUBLE);
    Estimate many = Slq.of(50, 100, 1).logDeterminant(new Dense(matrix), 1e-9, DOUBLE);
    assertThat(Math.abs(many.value() - truth)).isLessThan(3 * many.standardError());
    assertThat(few.standardError()).isGreaterThan(5 * many.standardError());
    assertThat(Math.abs(few.value() - truth)).isLessThan(4 * few.standardError());
  }

  @Test
  void oneRunTellsEveryTraceAndSmallSpacesAreExact() {
    for (Tensor matrix :
        new Tensor[] {
          wishart(1, 1, 3),
          torch.zeros(new long[] {30, 30}, DOUBLE),
          Tensors.times(Tensors.eye(wishart(1, 2, 2), 25), 3),
          torch.diag(ofSpectrum(1, 5, k -> k).diagonal())
        }) {
      Dense operator = new Dense(matrix);
      SpectralDensity density = Slq.of(10, 30, 2).density(operator, DOUBLE);
      long products = operator.vectors;
      for (DoubleUnaryOperator f :
          new DoubleUnaryOperator[] {x -> 1, x -> x, Math::exp, x -> Math.log(x + 1)}) {
        double truth = trace(matrix, f);
        Estimate e = density.trace(f);
        assertThat(e.value()).isCloseTo(truth, within(1e-12 * Math.max(1, Math.abs(truth))));
        assertThat(e.standardError()).isLessThan(1e-12 * Math.max(1, Math.abs(truth)));
        assertThat(e.products()).isEqualTo(products);
      }
      assertThat(operator.vectors).isEqualTo(products);
      assertThat(Arrays.stream(density.weights()).sum()).isCloseTo(1, within(1e-12));
    }
  }

  @Test
  void theDensityIsThatOfTheEigenvaluesBroadened() {
    Tensor matrix = ofSpectrum(1, 150, k -> k <= 75 ? 1 + k / 300.0 : 5);
    double sigma = 0.2;
    SpectralDensity density = Slq.of(60, 40, 3).density(new Dense(matrix), DOUBLE);
    SpectralDensity.Curve curve = density.curve(400, sigma);
    double step = curve.grid()[1] - curve.grid()[0];
    assertThat(Arrays.stream(curve.values()).sum() * step).isCloseTo(1, within(1e-3));
    assertThat(curve.grid()[0]).isLessThan(1);
    assertThat(curve.grid()[399]).isGreaterThan(5);
    int within = 0;
    for (int k = 0; k < 400; k++) {
      double place = curve.grid()[k];
      double truth =
          trace(matrix, x -> Math.exp(-0.5 * Math.pow((x - place) / sigma, 2)))
              / 150
              / (sigma * Math.sqrt(2 * Math.PI));
      assertThat(curve.values()[k]).isCloseTo(truth, within(0.05));
      within += Math.abs(curve.values()[k] - truth) < 3 * curve.standardErrors()[k] + 1e-9 ? 1 : 0;
    }
    assertThat(within).isGreaterThan(380);
    assertThatThrownBy(() -> density.curve(400, 0)).hasMessageContaining("width");
    assertThatThrownBy(() -> density.curve(1, 1)).hasMessageContaining("two points");
  }

  @Test
  void aToleranceIsReachedOrSaidNotToBe() {
    Tensor matrix = wishart(1, 100, 60);
    Slq slq = Slq.of(1, 40, 3).within(0.02, 100_000);
    Estimate enough = slq.trace(new Dense(matrix), x -> Math.log(x + 0.05), DOUBLE);
    assertThat(enough.within(0.02)).isTrue();
    assertThat(enough.products()).isLessThan(50_000);
    Estimate few = slq.within(1e-9, 200).logDeterminant(new Dense(matrix), 0.05, DOUBLE);
    assertThat(few.within(1e-9)).isFalse();
    assertThat(few.products()).isEqualTo(200);
  }

  @Test
  void aResumedRunIsTheSameToTheLastBit() {
    Tensor matrix = wishart(1, 100, 12);
    for (Slq slq : new Slq[] {Slq.of(8, 30, 3), Slq.of(1, 30, 3).within(0.02, 3000)}) {
      Dense whole = new Dense(matrix);
      Estimate expected = slq.logDeterminant(whole, 0.3, DOUBLE);
      for (long stop : new long[] {1, 20, 47, whole.vectors - 1, whole.vectors}) {
        Dense before = new Dense(matrix);
        Map<String, Tensor> state =
            Cancelling.state(m -> slq.monitored(m).logDeterminant(before, 0.3, DOUBLE), stop);
        Dense after = new Dense(matrix);
        Estimate resumed =
            slq.monitored(Monitor.SILENT.resuming(state)).logDeterminant(after, 0.3, DOUBLE);
        assertThat(resumed).isEqualTo(expected);
        assertThat(before.vectors).isEqualTo(stop);
        assertThat(after.vectors).isEqualTo(whole.vectors - stop);
      }
    }
  }

  @Test
  void floatsWork() {
    Tensor matrix = wishart(1, 100, 60).to(ScalarType.Float);
    double truth = logDeterminant(matrix.to(ScalarType.Double), 0.05);
    Estimate e = Slq.of(20, 40, 1).logDeterminant(new Dense(matrix), 0.05, FLOAT);
    assertThat(e.value()).isCloseTo(truth, within(4 * e.standardError()));
  }

  @Test
  void badInputIsNamed() {
    Dense m = new Dense(wishart(1, 9, 4));
    assertThatThrownBy(() -> new Slq(Effort.products(5), 0, 1, Monitor.SILENT))
        .hasMessageContaining("step");
    assertThatThrownBy(() -> Slq.of(0, 5, 1)).hasMessageContaining("product");
    assertThatThrownBy(() -> Slq.DEFAULT.within(0, 100)).hasMessageContaining("tolerance");
    assertThatThrownBy(() -> Slq.DEFAULT.within(0.1, 10)).hasMessageContaining("50 products");
    assertThatThrownBy(() -> Slq.DEFAULT.logDeterminant(m, -1, DOUBLE))
        .isInstanceOf(IndefiniteOperatorException.class)
        .hasMessageContaining("log-determinant");
    assertThatThrownBy(() -> Slq.DEFAULT.logDeterminant(m, Double.NaN, DOUBLE))
        .hasMessageContaining("lambda");
    assertThatThrownBy(() -> Slq.DEFAULT.trace(m, x -> Double.NaN, DOUBLE))
        .isInstanceOf(ArithmeticException.class)
        .hasMessageContaining("function is NaN");
    assertThatThrownBy(() -> Slq.DEFAULT.density(new LanczosTest.Skew(), DOUBLE))
        .hasMessageContaining("symmetric");
  }
}
