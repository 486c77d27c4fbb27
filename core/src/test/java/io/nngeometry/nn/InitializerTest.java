package io.nngeometry.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Parameter;
import java.util.Arrays;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class InitializerTest {
  private static final double IN = 30 * 9;
  private static final double OUT = 40 * 9;

  /** A kernel (40, 30, 3, 3). */
  private static double[] drawn(Initializer initializer, long seed) {
    Parameter kernel = Init.zeros(40, 30, 3, 3);
    initializer.draw(kernel, seed);
    return Tensors.toArray(kernel.tensor());
  }

  @Test
  void variancesAreThoseOfThePapers() {
    Map<Initializer, Double> variances =
        Map.of(
            Initializer.normal(0.02), 4e-4,
            Initializer.heNormal(), 2 / IN,
            Initializer.heUniform(), 2 / IN,
            Initializer.heNormalFanOut(), 2 / OUT,
            Initializer.glorotNormal(), 2 / (IN + OUT),
            Initializer.glorotUniform(), 2 / (IN + OUT),
            Initializer.leCunNormal(), 1 / IN);
    variances.forEach(
        (initializer, variance) -> {
          double[] w = drawn(initializer, 7);
          double mean = Arrays.stream(w).average().orElseThrow();
          double square = Arrays.stream(w).map(x -> x * x).average().orElseThrow();
          // 10,800 numbers: the standard error of the square is 1.4 %, of the mean 1 %
          assertThat(square).isCloseTo(variance, within(0.06 * variance));
          assertThat(mean).isCloseTo(0, within(0.05 * Math.sqrt(variance)));
        });
  }

  @Test
  void uniformOnesHaveABound() {
    double most = Arrays.stream(drawn(Initializer.heUniform(), 1)).map(Math::abs).max().orElse(0);
    assertThat(most).isBetween(0.99 * Math.sqrt(6 / IN), Math.sqrt(6 / IN));
    double normal = Arrays.stream(drawn(Initializer.heNormal(), 1)).map(Math::abs).max().orElse(0);
    assertThat(normal).isGreaterThan(Math.sqrt(6 / IN));
  }

  @Test
  void orthogonalOnesHaveOrthonormalRowsOrColumns() {
    try (Scope scope = Scope.open()) {
      for (long[] shape : new long[][] {{5, 2, 3}, {7, 4}, {4, 4}}) {
        Parameter w = new Parameter(Tensors.randn(0, Tensors.options(ScalarType.Double), shape));
        Initializer.orthogonal(2).draw(w, 3);
        Tensor matrix = Tensors.flatten(w.tensor().detach());
        boolean wide = matrix.size(0) <= matrix.size(1);
        Tensor gram = wide ? matrix.matmul(matrix.t()) : matrix.t().matmul(matrix);
        Tensor wanted = Tensors.times(Tensors.eye(gram, gram.size(0)), 4);
        assertThat(Tensors.item(gram.sub(wanted).abs().max())).isLessThan(1e-12);
      }
    }
  }

  @Test
  void theSeedDecides() {
    Initializer he = Initializer.heNormal();
    assertThat(drawn(he, 1)).isEqualTo(drawn(he, 1)).isNotEqualTo(drawn(he, 2));
    Initializer orthogonal = Initializer.orthogonal(1);
    assertThat(drawn(orthogonal, 1))
        .isEqualTo(drawn(orthogonal, 1))
        .isNotEqualTo(drawn(orthogonal, 2));
  }

  @Test
  void aNetworksWeightsAreDrawnAndItsBiasesAreZero() {
    Module net =
        new Sequential(
                new Linear(20, 300), new BatchNorm1d(300), new Linear(300, 40), new Linear(40, 2))
            .initialize(5, Initializer.heNormal());
    double[] w = Tensors.toArray(net.namedParameters().get("2.weight").tensor());
    assertThat(Arrays.stream(w).map(x -> x * x).average().orElseThrow())
        .isCloseTo(2.0 / 300, within(0.06 * 2 / 300));
    assertThat(Tensors.toArray(net.namedParameters().get("2.bias").tensor())).containsOnly(0);
    assertThat(Tensors.toArray(net.namedParameters().get("1.weight").tensor())).containsOnly(1);
    Module again =
        new Sequential(
                new Linear(20, 300), new BatchNorm1d(300), new Linear(300, 40), new Linear(40, 2))
            .initialize(5, Initializer.heNormal());
    assertThat(Tensors.toArray(again.namedParameters().get("2.weight").tensor())).isEqualTo(w);
    assertThat(Tensors.toArray(again.namedParameters().get("0.weight").tensor()))
        .isNotEqualTo(
            Tensors.toArray(
                again
                    .initialize(6, Initializer.heNormal())
                    .namedParameters()
                    .get("0.weight")
                    .tensor()));
  }

  @Test
  void whatHasNoFansIsRefused() {
    assertThatThrownBy(() -> Initializer.heNormal().draw(Init.zeros(3), 0))
        .hasMessageContaining("[3]");
    assertThatThrownBy(() -> Initializer.normal(-1)).hasMessageContaining("-1");
  }
}
