package io.nngeometry.linalg;

import static io.nngeometry.linalg.Dense.error;
import static io.nngeometry.linalg.Dense.illConditioned;
import static io.nngeometry.linalg.Dense.randn;
import static io.nngeometry.linalg.Dense.wishart;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.engine.Tensors;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** LSMR and Neumann series against dense solves. */
class LeastSquaresTest {
  /** A matrix (n, d) as a map. */
  private static final class Wide implements RectangularOperator {
    private final Tensor matrix;
    private int calls;

    Wide(Tensor matrix) {
      this.matrix = matrix;
    }

    @Override
    public long rows() {
      return matrix.size(0);
    }

    @Override
    public long columns() {
      return matrix.size(1);
    }

    @Override
    public Tensor apply(Tensor vectors) {
      calls++;
      return vectors.matmul(matrix.t());
    }

    @Override
    public Tensor applyTransposed(Tensor vectors) {
      return vectors.matmul(matrix);
    }
  }

  /** By the pseudo-inverse or the normal equations. */
  private static Tensor expected(Tensor a, Tensor b, double lambda) {
    return lambda == 0
        ? torch.linalg_pinv(a, 1e-12, false).matmul(b.t()).t()
        : Dense.solve(a.t().matmul(a), b.matmul(a), lambda);
  }

  @Test
  void everyShapeIsSolvedAsDensely() {
    for (long[] shape : new long[][] {{1, 1}, {40, 15}, {15, 40}, {60, 60}, {1, 9}, {9, 1}}) {
      Tensor a = randn(1, shape);
      Tensor b = randn(2, 3, shape[0]);
      for (double lambda : new double[] {0, 1e-3, 2}) {
        Wide operator = new Wide(a);
        try (Solution s = Lsmr.DEFAULT.solve(operator, b, lambda)) {
          assertThat(s.converged()).isTrue();
          assertThat(s.products()).isEqualTo(operator.calls);
          assertThat(error(s.x(), expected(a, b, lambda))).isLessThan(1e-6);
        }
      }
    }
  }

  @Test
  void singularMapsGiveTheLeastNorm() {
    Tensor a = randn(1, 30, 6).matmul(randn(2, 6, 20));
    Tensor b = randn(3, 2, 30);
    Solution s = Lsmr.DEFAULT.solve(new Wide(a), b, 0);
    assertThat(s.converged()).isTrue();
    assertThat(error(s.x(), expected(a, b, 0))).isLessThan(1e-8);
    Solution zero = Lsmr.DEFAULT.solve(new Wide(torch.zeros_like(a)), b, 0);
    assertThat(zero.converged()).isTrue();
    assertThat(Tensors.item(zero.x().norm())).isZero();
  }

  /** Conjugate gradients on the normal equations know A^T A alone, of twice the decades. */
  @Test
  void rightHandSidesOfAnySizeAndIllConditionedMaps() {
    Tensor a = illConditioned(1, 50, 3);
    Tensor one = randn(2, 1, 50);
    Tensor b =
        Tensors.cat(
            List.of(one, torch.zeros_like(one), one.mul(new Scalar(1e-9)), randn(3, 1, 50)), 0);
    Solution s = Lsmr.DEFAULT.solve(new Wide(a), b, 1e-4);
    assertThat(s.converged()).isTrue();
    Tensor expected = expected(a, b, 1e-4);
    for (int k = 0; k < 4; k++) {
      assertThat(error(s.x().select(0, k), expected.select(0, k))).isLessThan(1e-6);
    }
  }

  @Test
  void residualsAreTrueAndShortcomingsAreSaid() {
    Tensor a = illConditioned(1, 80, 4);
    Tensor b = randn(2, 1, 80);
    Solution s = new Lsmr(1e-12, 7, Monitor.SILENT).solve(new Wide(a), b, 1e-6);
    assertThat(s.converged()).isFalse();
    Tensor residual = b.sub(s.x().matmul(a.t())).matmul(a).sub(s.x(), new Scalar(1e-6));
    double relative = Tensors.item(residual.norm()) / Tensors.item(b.matmul(a).norm());
    assertThat(s.relativeResidual() / relative).isBetween(1 - 1e-8, 1 + 1e-8);
  }

  @Test
  void startsAndStatesAreGoneOnFrom() {
    Tensor a = illConditioned(1, 60, 2);
    Tensor b = randn(2, 2, 60);
    for (double lambda : new double[] {0, 1e-2}) {
      Wide cold = new Wide(a);
      Solution whole = Lsmr.DEFAULT.solve(cold, b, lambda);
      Wide warm = new Wide(a);
      Solution again = Lsmr.DEFAULT.solve(warm, b, lambda, whole.x());
      assertThat(again.converged()).isTrue();
      assertThat(warm.calls).isLessThanOrEqualTo(2);
      Map<String, Tensor> state =
          Cancelling.state(m -> Lsmr.DEFAULT.monitored(m).solve(new Wide(a), b, lambda), 5);
      Solution rest =
          Lsmr.DEFAULT.monitored(Monitor.SILENT.resuming(state)).solve(new Wide(a), b, lambda);
      assertThat(rest.converged()).isTrue();
      assertThat(error(rest.x(), whole.x())).isLessThan(1e-7);
    }
  }

  @Test
  void floatsAreSolvedToWhatTheyCan() {
    Tensor a = randn(1, 40, 20);
    Tensor b = randn(2, 2, 40);
    Solution s =
        Lsmr.of(ScalarType.Float)
            .solve(new Wide(a.to(ScalarType.Float)), b.to(ScalarType.Float), 0.1);
    assertThat(s.converged()).isTrue();
    assertThat(error(s.x(), expected(a, b, 0.1))).isLessThan(1e-4);
  }

  @Test
  void neumannSeriesConvergeToTheSolve() {
    Tensor m = wishart(1, 30, 40);
    Tensor b = randn(2, 3, 30);
    Dense operator = new Dense(m);
    double norm = Tensors.item(torch.linalg_eigvalsh(m).max());
    NeumannSeries scaled = new NeumannSeries(1e-10, 10_000).scaled(1.5 / (norm + 0.1));
    Solution s = scaled.solve(operator, b, 0.1);
    assertThat(s.converged()).isTrue();
    assertThat(s.products()).isEqualTo(operator.calls);
    assertThat(error(s.x(), Dense.solve(m, b, 0.1))).isLessThan(1e-8);
    assertThat(error(new NeumannSeries(1e-10, 10_000).solve(operator, b, 0.1).x(), s.x()))
        .isLessThan(1e-8);
    // a given number of terms is the sum of powers
    Solution three = new NeumannSeries(1e-10, 3).scaled(0.05).solve(operator, b, 0.1);
    Tensor step = Tensors.eye(m, 30).sub(Dense.damped(m, 0.1), new Scalar(0.05));
    Tensor sum = Tensors.eye(m, 30).add(step).add(step.matmul(step)).mul(new Scalar(0.05));
    assertThat(error(three.x(), b.matmul(sum))).isLessThan(1e-14);
    assertThat(three.converged()).isFalse();
    Map<String, Tensor> state =
        Cancelling.state(w -> scaled.monitored(w).solve(operator, b, 0.1), 20);
    Solution rest = scaled.monitored(Monitor.SILENT.resuming(state)).solve(operator, b, 0.1);
    assertThat(error(rest.x(), s.x())).isLessThan(1e-8);
  }

  @Test
  void badInputIsNamed() {
    Wide good = new Wide(randn(1, 4, 3));
    Tensor b = randn(1, 2, 4);
    assertThatThrownBy(() -> new Lsmr(-1, 3, Monitor.SILENT)).hasMessageContaining("tolerance");
    assertThatThrownBy(() -> Lsmr.DEFAULT.solve(good, randn(1, 2, 3), 0))
        .hasMessageContaining("(m, 4)");
    assertThatThrownBy(() -> Lsmr.DEFAULT.solve(good, b, -1)).hasMessageContaining("damping");
    assertThatThrownBy(() -> Lsmr.DEFAULT.solve(good, b, 0, randn(1, 2, 4)))
        .hasMessageContaining("(m, 3)");
    assertThatThrownBy(() -> Lsmr.DEFAULT.solve(new Wide(randn(1, 4, 3).div(new Scalar(0))), b, 0))
        .isInstanceOf(ArithmeticException.class)
        .hasMessageContaining("NaN");
    Dense m = new Dense(wishart(1, 4, 9));
    NeumannSeries series = new NeumannSeries(1e-10, 1000);
    assertThatThrownBy(() -> series.scaled(10).solve(m, b, 0.1))
        .isInstanceOf(ArithmeticException.class)
        .hasMessageContaining("2 / (|M| + lambda)");
    assertThatThrownBy(() -> series.scaled(0)).hasMessageContaining("scale");
    assertThatThrownBy(() -> series.solve(new LanczosTest.Skew(), randn(1, 1, 6), 1))
        .hasMessageContaining("symmetric");
  }
}
