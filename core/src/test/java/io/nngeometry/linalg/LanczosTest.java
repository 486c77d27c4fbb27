package io.nngeometry.linalg;

import static io.nngeometry.linalg.Dense.DOUBLE;
import static io.nngeometry.linalg.Dense.FLOAT;
import static io.nngeometry.linalg.Dense.error;
import static io.nngeometry.linalg.Dense.illConditioned;
import static io.nngeometry.linalg.Dense.ofSpectrum;
import static io.nngeometry.linalg.Dense.randn;
import static io.nngeometry.linalg.Dense.wishart;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.nngeometry.engine.Tensors;
import io.nngeometry.linalg.Lanczos.Which;
import java.util.Arrays;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Lanczos iterations against dense decompositions. */
class LanczosTest {
  private static final Lanczos EXACT = new Lanczos(1e-10, 5000, 3);

  private static double[] expected(Tensor matrix, int k, Which which) {
    double[] values = Tensors.toArray(torch.linalg_eigvalsh(matrix.to(ScalarType.Double)));
    return Arrays.stream(which.places(values)).limit(k).mapToDouble(p -> values[(int) p]).toArray();
  }

  private static void finds(Lanczos method, Tensor matrix, int k, Which which) {
    Dense operator = new Dense(matrix);
    double norm = Math.max(1e-300, Tensors.item(torch.linalg_eigvalsh(matrix).abs().max()));
    try (Eigenpairs pairs = method.eigenpairs(operator, k, which, DOUBLE)) {
      assertThat(pairs.converged()).isTrue();
      assertThat(pairs.products()).isEqualTo(operator.vectors);
      // 7 and -7 are of one magnitude, in any order
      double[] mine =
          Tensors.toArray(which == Which.MAGNITUDE ? pairs.values().abs() : pairs.values());
      double[] truth = expected(matrix, k, which);
      if (which == Which.MAGNITUDE) {
        Arrays.setAll(truth, i -> Math.abs(truth[i]));
      }
      assertThat(mine).containsExactly(truth, within(1e-9 * norm));
      Tensor v = pairs.vectors();
      assertThat(error(v.matmul(v.t()), Tensors.eye(v, k))).isLessThan(1e-11);
      Tensor residual = v.matmul(matrix).sub(v.mul(pairs.values().unsqueeze(1)));
      double[] norms = Tensors.toArray(residual.square().sum(1).sqrt());
      assertThat(Tensors.toArray(pairs.residuals())).containsExactly(norms, within(1e-13 * norm));
      assertThat(Arrays.stream(norms).max().orElseThrow()).isLessThanOrEqualTo(1e-10 * norm);
    }
  }

  @ParameterizedTest
  @EnumSource(Which.class)
  void everyKindOfMatrixIsDecomposedAsDensely(Which which) {
    for (int d : new int[] {1, 5, 40, 150}) {
      for (int k : new int[] {1, 4, 10}) {
        if (k <= d) {
          Lanczos small = EXACT.basis(2 * k + 12); // restarts
          finds(small, wishart(1, d, d + 4), k, which);
          finds(EXACT, wishart(1, d, Math.max(1, d / 4)), k, which);
          finds(EXACT, torch.zeros(new long[] {d, d}, DOUBLE), k, which);
          finds(small, ofSpectrum(2, d, j -> Math.cos(j)), k, which);
        }
      }
    }
    // eight decades: the smallest are too near each other for restarts
    finds(which == Which.SMALLEST ? EXACT : EXACT.basis(40), illConditioned(3, 150, 8), 10, which);
    finds(EXACT, wishart(4, 12, 15), 12, which);
  }

  @ParameterizedTest
  @EnumSource(Which.class)
  void repeatedEigenvaluesAreFoundAsOftenAsTheyAre(Which which) {
    // the identity plus low rank, with room for the space and without
    Tensor low = Dense.damped(wishart(1, 150, 3), 1);
    finds(EXACT, low, 8, which);
    finds(EXACT.basis(18), low, 8, which);
    // repeated at either end among many others that are not
    Tensor ends = ofSpectrum(5, 150, k -> k <= 4 ? 7 : k <= 9 ? -7 : Math.sin(k) * 6);
    finds(EXACT.basis(30), ends, 4, which);
    finds(EXACT.basis(30), ends, 6, which);
    // three times the greatest, the copies hidden from one starting vector
    Tensor hidden = ofSpectrum(6, 300, k -> k <= 3 ? 10 : 9.0 - 8.0 * k / 300);
    finds(EXACT.basis(40), hidden, 3, Which.LARGEST);
    finds(EXACT.basis(40), hidden, 2, Which.LARGEST);
  }

  @Test
  void memoryIsBoundedByTheBasis() {
    // many more products than vectors in memory
    Dense operator = new Dense(ofSpectrum(1, 400, k -> 1 + 1e-2 * k));
    Eigenpairs pairs = EXACT.basis(10).eigenpairs(operator, 2, Which.LARGEST, DOUBLE);
    assertThat(pairs.converged()).isTrue();
    assertThat(operator.vectors).isGreaterThan(100);
    assertThat(Tensors.toArray(pairs.values())[1]).isCloseTo(4.99, within(1e-9));
  }

  @Test
  void spectralNormsAreThoseOfEitherSign() {
    for (Tensor m :
        new Tensor[] {wishart(1, 80, 90), ofSpectrum(1, 80, k -> k - 60), wishart(1, 1, 1)}) {
      double norm = Tensors.item(torch.linalg_eigvalsh(m).abs().max());
      assertThat(Lanczos.DEFAULT.spectralNorm(new Dense(m), DOUBLE))
          .isCloseTo(norm, within(1e-10 * norm));
    }
    Tensor zero = torch.zeros(new long[] {9, 9}, DOUBLE);
    assertThat(Lanczos.DEFAULT.spectralNorm(new Dense(zero), DOUBLE)).isZero();
  }

  @Test
  void floatsReachWhatTheyCan() {
    Tensor matrix = illConditioned(3, 120, 2);
    Dense single = new Dense(matrix.to(ScalarType.Float));
    Lanczos method = Lanczos.of(ScalarType.Float).basis(30);
    try (Eigenpairs pairs = method.eigenpairs(single, 5, Which.LARGEST, FLOAT)) {
      assertThat(pairs.converged()).isTrue();
      assertThat(Tensors.type(pairs.vectors())).isEqualTo(ScalarType.Float);
      assertThat(Tensors.toArray(pairs.values()))
          .containsExactly(expected(matrix, 5, Which.LARGEST), within(2e-6));
    }
  }

  @Test
  void whatIsNotReachedIsSaid() {
    Dense operator = new Dense(ofSpectrum(1, 400, k -> 1 + 1e-3 * k));
    Lanczos few = new Lanczos(1e-10, 30, 0);
    try (Eigenpairs pairs = few.eigenpairs(operator, 3, Which.LARGEST, DOUBLE)) {
      assertThat(pairs.converged()).isFalse();
      assertThat(pairs.relativeResidual()).isGreaterThan(1e-10);
      assertThat(operator.vectors).isEqualTo(33);
    }
  }

  @Test
  void aCancelledSearchGoesOnFromItsState() {
    Tensor matrix = wishart(1, 150, 160);
    Lanczos method = EXACT.basis(30);
    Dense whole = new Dense(matrix);
    Eigenpairs expected = method.eigenpairs(whole, 9, Which.LARGEST, DOUBLE);
    for (long products : new long[] {1, 17, 30, 31, whole.vectors - 10}) {
      Map<String, Tensor> state =
          Cancelling.state(
              m -> method.monitored(m).eigenpairs(new Dense(matrix), 9, Which.LARGEST, DOUBLE),
              products);
      Dense rest = new Dense(matrix);
      Eigenpairs pairs =
          method
              .monitored(Monitor.SILENT.resuming(state))
              .eigenpairs(rest, 9, Which.LARGEST, DOUBLE);
      assertThat(rest.vectors).isEqualTo(whole.vectors - products);
      assertThat(pairs.values().equal(expected.values())).isTrue();
      assertThat(pairs.vectors().equal(expected.vectors())).isTrue();
      assertThat(pairs.products()).isEqualTo(expected.products());
    }
  }

  @Test
  void badInputIsNamed() {
    Dense good = new Dense(wishart(1, 6, 8));
    assertThatThrownBy(() -> new Lanczos(0, 5, 0)).hasMessageContaining("tolerance");
    assertThatThrownBy(() -> new Lanczos(1, 0, 0)).hasMessageContaining("step");
    assertThatThrownBy(() -> EXACT.basis(-1)).hasMessageContaining("basis");
    for (long k : new long[] {0, 7}) {
      assertThatThrownBy(() -> EXACT.eigenpairs(good, k, Which.LARGEST, DOUBLE))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("1 to 6");
    }
    Dense nan = new Dense(randn(1, 6, 6).div(Tensors.scalar(0)));
    assertThatThrownBy(() -> EXACT.spectralNorm(nan, DOUBLE))
        .isInstanceOf(ArithmeticException.class)
        .hasMessageContaining("NaN");
    assertThatThrownBy(() -> EXACT.spectralNorm(new Skew(), DOUBLE))
        .hasMessageContaining("symmetric");
    LinearOperator doubling = new Doubling();
    assertThatThrownBy(() -> EXACT.spectralNorm(doubling, FLOAT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Double");
  }

  /** Not symmetric, and says so. */
  static final class Skew implements LinearOperator {
    @Override
    public long size() {
      return 6;
    }

    @Override
    public boolean symmetric() {
      return false;
    }

    @Override
    public Tensor apply(Tensor vectors) {
      return vectors.flip(1);
    }
  }

  /** Gives float64, whatever it gets. */
  private static final class Doubling implements LinearOperator {
    @Override
    public long size() {
      return 6;
    }

    @Override
    public Tensor apply(Tensor vectors) {
      return vectors.to(ScalarType.Double);
    }
  }
}
