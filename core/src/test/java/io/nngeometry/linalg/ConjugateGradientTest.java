package io.nngeometry.linalg;

import static io.nngeometry.linalg.Dense.DOUBLE;
import static io.nngeometry.linalg.Dense.error;
import static io.nngeometry.linalg.Dense.illConditioned;
import static io.nngeometry.linalg.Dense.ofSpectrum;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Conjugate gradients, by rows and in blocks, preconditioned or not, against dense solves. */
class ConjugateGradientTest {
  private static final double LAMBDA = 1e-3;

  private static ConjugateGradient method(boolean block) {
    return block ? ConjugateGradient.DEFAULT.blocked() : ConjugateGradient.DEFAULT;
  }

  private static void solves(ConjugateGradient method, Tensor matrix, Tensor b, double within) {
    Dense operator = new Dense(matrix);
    try (Solution solution = method.solve(operator, b, LAMBDA)) {
      assertThat(solution.converged()).isTrue();
      assertThat(solution.products()).isEqualTo(operator.calls);
      assertThat(error(solution.x(), Dense.solve(matrix, b, LAMBDA))).isLessThan(within);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everyKindOfMatrixIsSolvedAsDensely(boolean block) {
    for (int d : new int[] {1, 5, 60, 200}) {
      Tensor b = randn(2, 4, d);
      solves(method(block), wishart(1, d, d + 3), b, 1e-6);
      solves(method(block), wishart(1, d, Math.max(1, d / 3)), b, 1e-6);
      solves(method(block), torch.zeros(new long[] {d, d}, DOUBLE), b, 1e-12);
      solves(method(block), ofSpectrum(3, d, k -> k % 2 == 0 ? 5 : 1), b, 1e-9);
      solves(method(block), illConditioned(4, d, 5), b, 1e-6);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void rightHandSidesMayBeEqualZeroTinyOrTooMany(boolean block) {
    Tensor one = randn(2, 1, 6);
    Tensor b =
        Tensors.cat(
            List.of(
                one,
                one,
                torch.zeros(new long[] {1, 6}, DOUBLE),
                one.mul(new Scalar(1e-200)),
                one.mul(new Scalar(-1e12)),
                randn(3, 9, 6)),
            0);
    Tensor matrix = wishart(1, 6, 8);
    try (Solution solution = method(block).solve(new Dense(matrix), b, LAMBDA)) {
      assertThat(solution.converged()).isTrue();
      Tensor expected = Dense.solve(matrix, b, LAMBDA);
      for (int k = 0; k < b.size(0); k++) {
        assertThat(error(solution.x().select(0, k), expected.select(0, k))).isLessThan(1e-8);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void floatsAreSolvedToWhatTheyCan(boolean block) {
    Tensor matrix = wishart(1, 50, 60);
    Tensor b = randn(2, 3, 50).mul(new Scalar(1e-25)); // squares would vanish
    ConjugateGradient method = ConjugateGradient.of(ScalarType.Float);
    try (Solution solution =
        (block ? method.blocked() : method)
            .solve(new Dense(matrix.to(ScalarType.Float)), b.to(ScalarType.Float), 0.1)) {
      assertThat(solution.converged()).isTrue();
      assertThat(Tensors.type(solution.x())).isEqualTo(ScalarType.Float);
      assertThat(error(solution.x(), Dense.solve(matrix, b, 0.1))).isLessThan(1e-3);
    }
  }

  @Test
  void sharedDirectionsTakeFewerProducts() {
    Tensor matrix = illConditioned(1, 200, 5);
    Tensor b = randn(2, 8, 200);
    Dense rows = new Dense(matrix);
    Dense block = new Dense(matrix);
    ConjugateGradient.DEFAULT.solve(rows, b, 1e-5);
    ConjugateGradient.DEFAULT.blocked().solve(block, b, 1e-5);
    assertThat(block.calls).isLessThan(rows.calls / 4);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void preconditionersSaveProducts(boolean block) {
    // an ill-scaled diagonal, and an ill-conditioned matrix with few great eigenvalues
    Tensor scales = Tensors.of(new double[100], 100).add(new Scalar(0));
    for (int k = 0; k < 100; k++) {
      scales.select(0, k).fill_(new Scalar(Math.pow(10, k % 5)));
    }
    Tensor scaled = wishart(1, 100, 400).mul(scales).mul(scales.unsqueeze(1));
    Dense inverse = new Dense(torch.diag(scaled.diagonal().add(new Scalar(LAMBDA)).reciprocal()));
    saves(method(block), scaled, LAMBDA, inverse, 5);
    Tensor few = ofSpectrum(2, 200, k -> Math.pow(k, -3));
    Dense operator = new Dense(few);
    try (NystromPreconditioner nystrom = NystromPreconditioner.of(operator, 30, 1e-6, DOUBLE)) {
      assertThat(nystrom.products()).isEqualTo(operator.vectors).isEqualTo(40);
      saves(method(block), few, 1e-6, nystrom, block ? 2 : 5);
    }
  }

  private static void saves(
      ConjugateGradient method, Tensor matrix, double lambda, LinearOperator inverse, int factor) {
    Tensor b = randn(7, 3, matrix.size(0));
    Dense plain = new Dense(matrix);
    Dense aided = new Dense(matrix);
    Solution without = method.solve(plain, b, lambda);
    Solution with = method.preconditioned(inverse).solve(aided, b, lambda);
    assertThat(with.converged()).isTrue();
    assertThat(aided.calls * factor).isLessThan(plain.calls);
    assertThat(error(with.x(), Dense.solve(matrix, b, lambda))).isLessThan(1e-6);
    assertThat(without.relativeResidual()).isFinite();
  }

  /** Frangella et al. 2021, theorem 5.1: the condition number at twice the effective dimension. */
  @Test
  void nystromMakesTheConditionNumberSmall() {
    Tensor matrix = ofSpectrum(2, 120, k -> Math.pow(k, -2));
    double lambda = 1e-3;
    NystromPreconditioner nystrom = NystromPreconditioner.of(new Dense(matrix), 60, lambda, DOUBLE);
    Tensor p = nystrom.apply(Tensors.eye(matrix, 120));
    assertThat(error(p, p.t())).isLessThan(1e-12);
    Tensor root = torch.linalg_cholesky(Dense.damped(matrix, lambda));
    double[] values = Tensors.toArray(torch.linalg_eigvalsh(root.t().matmul(p).matmul(root)));
    assertThat(values[119] / values[0]).isLessThan(3);
    // a matrix of the rank or less, zero among them, is inverted but for a factor
    for (int rank : new int[] {0, 4, 9}) {
      Tensor low = ofSpectrum(3, 30, k -> k <= rank ? 1.0 / k : 0);
      Tensor inverse =
          NystromPreconditioner.of(new Dense(low), 10, lambda, DOUBLE)
              .apply(Tensors.eye(low, 30))
              .div(new Scalar(lambda));
      assertThat(error(inverse.matmul(Dense.damped(low, lambda)), Tensors.eye(low, 30)))
          .isLessThan(1e-7);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aGoodStartSavesProductsAndTheSolutionTakesNone(boolean block) {
    Tensor matrix = illConditioned(1, 80, 3);
    Tensor b = randn(2, 2, 80);
    Dense cold = new Dense(matrix);
    Solution first = method(block).solve(cold, b, LAMBDA);
    Dense warm = new Dense(matrix);
    Tensor near = first.x().add(randn(3, 2, 80), new Scalar(1e-7));
    Solution second = method(block).solve(warm, b, LAMBDA, near);
    assertThat(second.converged()).isTrue();
    assertThat(warm.calls).isLessThan(cold.calls);
    assertThat(error(second.x(), first.x())).isLessThan(1e-7);
    Dense done = new Dense(matrix);
    Solution third = method(block).solve(done, b, LAMBDA, first.x());
    assertThat(done.calls).isEqualTo(1);
    assertThat(error(third.x(), first.x())).isLessThan(1e-15);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatIsNotReachedIsSaid(boolean block) {
    Tensor matrix = illConditioned(1, 100, 6);
    Tensor b = randn(2, 2, 100);
    ConjugateGradient few = new ConjugateGradient(1e-10, 5);
    Solution s = (block ? few.blocked() : few).solve(new Dense(matrix), b, 1e-7);
    Tensor residual = b.sub(s.x().matmul(Dense.damped(matrix, 1e-7)));
    Tensor relative = residual.square().sum(1).div(b.square().sum(1)).sqrt();
    assertThat(s.converged()).isFalse();
    assertThat(s.relativeResidual() / Tensors.item(relative.max())).isBetween(0.999999, 1.000001);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theTrueResidualDecidesWhenRoundingHasTheLastWord(boolean block) {
    Tensor matrix = illConditioned(1, 60, 7);
    Tensor b = randn(2, 3, 60);
    ConjugateGradient greedy = new ConjugateGradient(1e-17, 3000);
    Dense operator = new Dense(matrix);
    Solution s = (block ? greedy.blocked() : greedy).solve(operator, b, 1e-6);
    assertThat(s.converged()).isFalse();
    assertThat(s.relativeResidual()).isLessThan(1e-9);
    assertThat(s.products()).isEqualTo(operator.calls).isLessThan(3000);
    assertThat(error(s.x(), Dense.solve(matrix, b, 1e-6))).isLessThan(1e-4);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aCancelledSolveGoesOnFromItsState(boolean block) {
    Tensor matrix = illConditioned(1, 100, 4);
    Tensor b = randn(2, 3, 100);
    Solution whole = method(block).solve(new Dense(matrix), b, LAMBDA);
    Dense before = new Dense(matrix);
    Map<String, Tensor> state =
        Cancelling.state(m -> method(block).monitored(m).solve(before, b, LAMBDA), 10);
    assertThat(before.calls).isEqualTo(10);
    assertThat(state).containsKeys("conjugate-gradients/x");
    Dense after = new Dense(matrix);
    Solution rest = method(block).monitored(Monitor.SILENT.resuming(state)).solve(after, b, LAMBDA);
    assertThat(rest.converged()).isTrue();
    assertThat(error(rest.x(), whole.x())).isLessThan(1e-7);
    Tensor other = randn(2, 4, 100);
    assertThatThrownBy(
            () ->
                method(block).monitored(Monitor.SILENT.resuming(state)).solve(after, other, LAMBDA))
        .hasMessageContaining("state");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void badInputIsNamed(boolean block) {
    ConjugateGradient method = method(block);
    Tensor matrix = wishart(1, 6, 8);
    Dense good = new Dense(matrix);
    Tensor b = randn(1, 2, 6);
    assertThatThrownBy(() -> new ConjugateGradient(0, 5)).hasMessageContaining("tolerance");
    assertThatThrownBy(() -> new ConjugateGradient(Double.NaN, 5)).hasMessageContaining("NaN");
    assertThatThrownBy(() -> new ConjugateGradient(1, 0)).hasMessageContaining("step");
    assertThatThrownBy(() -> method.solve(good, randn(1, 2, 5), 1)).hasMessageContaining("(m, 6)");
    assertThatThrownBy(() -> method.solve(good, randn(1, 6), 1)).hasMessageContaining("[6]");
    assertThatThrownBy(() -> method.solve(good, b.div(new Scalar(0)), 1))
        .hasMessageContaining("finite");
    assertThatThrownBy(() -> method.solve(good, b, Double.NaN)).hasMessageContaining("lambda");
    assertThatThrownBy(() -> method.solve(good, b, 1, randn(1, 1, 6)))
        .hasMessageContaining("1 starts");
    assertThatThrownBy(() -> method.solve(new Dense(matrix.div(new Scalar(0))), b, 1))
        .isInstanceOf(ArithmeticException.class)
        .hasMessageContaining("NaN");
    assertThatThrownBy(() -> method.solve(new Dense(matrix.neg()), b, 1e-3))
        .isInstanceOf(IndefiniteOperatorException.class);
    assertThatThrownBy(() -> method.preconditioned(new Dense(matrix.neg())).solve(good, b, 1e-3))
        .isInstanceOf(IndefiniteOperatorException.class)
        .hasMessageContaining("preconditioner");
    assertThatThrownBy(() -> method.preconditioned(new Dense(wishart(1, 5, 5))).solve(good, b, 1))
        .hasMessageContaining("dimension 5");
    assertThatThrownBy(() -> NystromPreconditioner.of(good, 2, 0, DOUBLE))
        .hasMessageContaining("damping");
  }
}
