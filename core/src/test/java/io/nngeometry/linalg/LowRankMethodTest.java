package io.nngeometry.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.linalg.LowRankMethod.Factor;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Low-rank approximations against the spectrum, and estimates against what they estimate. */
class LowRankMethodTest {
  private static final TensorOptions DOUBLE = Tensors.options(ScalarType.Double);
  private static final long D = 60;

  /** A symmetric matrix that counts the vectors it is applied to. */
  private static final class Counted implements LinearOperator {
    private final Tensor matrix;
    private long products;

    Counted(Tensor matrix) {
      this.matrix = matrix;
    }

    @Override
    public long size() {
      return matrix.size(0);
    }

    @Override
    public Tensor apply(Tensor vectors) {
      products += vectors.size(0);
      return vectors.matmul(matrix);
    }
  }

  static Stream<LowRankMethod> methods() {
    return Stream.of(
        RandomizedRangeFinder.DEFAULT, new RandomizedRangeFinder(5, 0, 3), Nystrom.DEFAULT);
  }

  /** Eigenvalues k^-power. */
  private static Tensor decaying(double power) {
    Tensor q = new Tensor(torch.linalg_qr(Tensors.randn(1, DOUBLE, D, D)).get0());
    double[] values =
        IntStream.rangeClosed(1, (int) D).mapToDouble(k -> Math.pow(k, -power)).toArray();
    return q.mul(Tensors.of(values, D)).matmul(q.t());
  }

  private static Tensor product(Factor factor) {
    return factor.rows().t().matmul(factor.rows());
  }

  @ParameterizedTest
  @MethodSource("methods")
  void aMatrixOfTheRankIsRecovered(LowRankMethod method) {
    Tensor root = Tensors.randn(2, DOUBLE, 6, D);
    Tensor matrix = root.t().matmul(root);
    Counted operator = new Counted(matrix);
    for (long rank : new long[] {6, 9, D}) {
      operator.products = 0;
      Factor factor = method.approximate(operator, rank, DOUBLE);
      assertThat(factor.rows().size(0)).isBetween(6L, rank);
      assertThat(factor.products()).isEqualTo(operator.products);
      double error = Tensors.item(product(factor).sub(matrix).norm());
      assertThat(error).isLessThan(1e-11 * Tensors.item(matrix.norm()));
    }
  }

  /**
   * Least errors times what the theorems promise on average: of the range finder 1 + sqrt(1 + r /
   * (p - 1)) with p vectors to spare (Halko et al. 2011, theorems 9.1 and 10.5), of Nystrom 1 + r /
   * (p - 1) in the trace norm (Tropp et al. 2017, theorem 4.1). Iterations come near the best.
   */
  static Stream<Arguments> promises() {
    return Stream.of(
        Arguments.of(RandomizedRangeFinder.DEFAULT, false, 1.01),
        Arguments.of(new RandomizedRangeFinder(5, 0, 3), false, 1 + Math.sqrt(1 + 10 / 4.0)),
        Arguments.of(Nystrom.DEFAULT, true, 1 + 10 / 9.0));
  }

  @ParameterizedTest
  @MethodSource("promises")
  void errorsAreNearTheBestOfTheirRank(LowRankMethod method, boolean traceNorm, double promise) {
    Tensor matrix = decaying(2);
    long rank = 10;
    Factor factor = method.approximate(new Counted(matrix), rank, DOUBLE);
    assertThat(factor.rows().size(0)).isEqualTo(rank);
    Tensor left = torch.linalg_eigvalsh(matrix.sub(product(factor))).abs();
    Tensor least = torch.linalg_eigvalsh(matrix).narrow(0, 0, D - rank);
    double best = Tensors.item(traceNorm ? least.sum() : least.norm());
    double error = Tensors.item(traceNorm ? left.sum() : left.norm());
    assertThat(error).isBetween(best * (1 - 1e-9), best * promise);
    // orthogonal rows of descending norm
    Tensor gram = factor.rows().matmul(factor.rows().t());
    double[] values = Tensors.toArray(gram.diagonal());
    assertThat(Tensors.item(gram.sub(torch.diag(gram.diagonal())).norm())).isLessThan(1e-13);
    assertThat(values).isSortedAccordingTo((a, b) -> Double.compare(b, a));
    assertThat(values[0]).isCloseTo(1, within(1e-2));
  }

  @Test
  void iterationsBringTheErrorDown() {
    Tensor matrix = decaying(0.7);
    double before = Double.POSITIVE_INFINITY;
    for (int iterations : new int[] {0, 1, 4}) {
      Factor factor =
          new RandomizedRangeFinder(2, iterations, 5).approximate(new Counted(matrix), 8, DOUBLE);
      double error = Tensors.item(product(factor).sub(matrix).norm());
      assertThat(error).isLessThan(before);
      before = error;
    }
  }

  @Test
  void nystromIsNeverGreaterThanTheMatrix() {
    Tensor matrix = decaying(1);
    Factor factor = Nystrom.DEFAULT.approximate(new Counted(matrix), 10, DOUBLE);
    double least = Tensors.item(torch.linalg_eigvalsh(matrix.sub(product(factor))).min());
    assertThat(least).isGreaterThan(-1e-12);
  }

  @ParameterizedTest
  @MethodSource("methods")
  void seedsRepeatAndFloatsWork(LowRankMethod method) {
    Tensor root = Tensors.randn(2, Tensors.options(ScalarType.Float), 6, D);
    Tensor matrix = root.t().matmul(root);
    TensorOptions options = Tensors.options(ScalarType.Float);
    Factor one = method.approximate(new Counted(matrix), 10, options);
    Factor two = method.approximate(new Counted(matrix), 10, options);
    assertThat(one.rows().equal(two.rows())).isTrue();
    assertThat(Tensors.type(one.rows())).isEqualTo(ScalarType.Float);
    double error = Tensors.item(product(one).sub(matrix).norm());
    // the shift, a few roundings of the norm, may have grown tenfold
    assertThat(error).isLessThan(5e-5 * Tensors.item(matrix.norm()));
  }

  /** 200,000 parameters in float32: a shift that grew with their number would be all there is. */
  @Test
  void nystromKeepsItsPromiseInFloatsOfManyDimensions() {
    long d = 200_000;
    Tensor rows = Tensors.randn(6, Tensors.options(ScalarType.Float), 60, d);
    double[] roots =
        IntStream.rangeClosed(1, 60).mapToDouble(k -> 1 / (k * Math.sqrt(d))).toArray();
    Tensor r = rows.mul(Tensors.of(roots, 60, 1).to(ScalarType.Float));
    LinearOperator operator =
        new LinearOperator() {
          @Override
          public long size() {
            return d;
          }

          @Override
          public Tensor apply(Tensor vectors) {
            return vectors.matmul(r.t()).matmul(r);
          }
        };
    Factor factor = Nystrom.DEFAULT.approximate(operator, 20, Tensors.options(ScalarType.Float));
    double left = Tensors.item(r.square().sum()) - Tensors.item(factor.rows().square().sum());
    Tensor values = torch.linalg_eigvalsh(r.matmul(r.t()));
    double best = Tensors.item(values.narrow(0, 0, 40).sum());
    assertThat(left / best).isBetween(1 - 1e-3, 1 + 20 / 9.0);
  }

  @ParameterizedTest
  @MethodSource("methods")
  void zeroGivesZero(LowRankMethod method) {
    Factor factor = method.approximate(new Counted(torch.zeros_like(decaying(1))), 5, DOUBLE);
    assertThat(factor.rows().size(0)).isEqualTo(1);
    assertThat(Tensors.item(factor.rows().norm())).isZero();
  }

  @ParameterizedTest
  @MethodSource("methods")
  void whatIsNotSemiDefiniteIsRefused(LowRankMethod method) {
    Tensor matrix = decaying(1).sub(Tensors.eye(decaying(1), D), new Scalar(0.1));
    assertThatThrownBy(() -> method.approximate(new Counted(matrix), 20, DOUBLE))
        .isInstanceOf(IndefiniteOperatorException.class);
    assertThatThrownBy(() -> method.approximate(new Counted(decaying(1)), D + 1, DOUBLE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[1, 60]");
  }

  @Test
  void estimatesAreWithinTheirErrors() {
    Tensor matrix = decaying(0.5);
    double norm = Tensors.item(matrix.square().sum());
    double trace = Tensors.item(matrix.trace());
    for (Probes.Distribution distribution : Probes.Distribution.values()) {
      int covered = 0;
      for (int seed = 0; seed < 100; seed++) {
        try (Scope scope = Scope.open()) {
          Probes probes = new Probes(30, distribution, seed);
          Estimate squared = probes.squaredFrobeniusNorm(new Counted(matrix), DOUBLE);
          Estimate sum = probes.trace(new Counted(matrix), DOUBLE);
          covered += Math.abs(squared.value() - norm) < 2 * squared.standardError() ? 1 : 0;
          covered += Math.abs(sum.value() - trace) < 2 * sum.standardError() ? 1 : 0;
          assertThat(sum.products()).isEqualTo(30);
        }
      }
      // 95 % of 200, with room for the spread of that number and skewed samples
      assertThat(covered).as(distribution.name()).isBetween(175, 200);
    }
  }

  @Test
  void aRatioHasTheErrorOfTheDeltaMethod() {
    // the spread of the estimate over seeds is what its standard error says
    int repeats = 400;
    double[] values = new double[repeats];
    double predicted = 0;
    for (int r = 0; r < repeats; r++) {
      double[] x = Tensors.toArray(Tensors.randn(r, DOUBLE, 2, 40).square());
      double[] a = java.util.Arrays.copyOfRange(x, 0, 40);
      double[] b = java.util.Arrays.copyOfRange(x, 40, 80);
      Estimate e = Estimate.rootOfRatio(a, b, 40);
      values[r] = e.value();
      predicted += e.standardError() / repeats;
    }
    double spread = Estimate.mean(values, 0).standardError() * Math.sqrt(repeats);
    assertThat(predicted / spread).isBetween(0.8, 1.2);
    assertThat(Estimate.rootOfRatio(new double[] {0, 0}, new double[] {1, 2}, 2).value()).isZero();
    assertThat(Estimate.mean(new double[] {3}, 1).standardError()).isNaN();
  }
}
