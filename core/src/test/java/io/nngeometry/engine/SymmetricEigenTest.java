package io.nngeometry.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** float32 decompositions that fail are made in float64; nothing else is hidden. */
class SymmetricEigenTest {
  private static Tensor symmetric(ScalarType type) {
    Tensor root = Tensors.randn(1, Tensors.options(type), 3, 6, 6);
    return root.add(root.transpose(1, 2));
  }

  /** LAPACK that converges in float64 alone, and remembers what it was asked. */
  private static Function<Tensor, T_TensorTensor_T> failingIn(
      ScalarType bad, List<ScalarType> asked) {
    return m -> {
      asked.add(Tensors.type(m));
      if (Tensors.type(m) == bad) {
        throw new RuntimeException("linalg.eigh: the algorithm failed to converge");
      }
      return torch.linalg_eigh(m);
    };
  }

  private static T_TensorTensor_T spoilt(T_TensorTensor_T pair) {
    new Tensor(pair.get1()).select(0, 0).fill_(Tensors.scalar(Double.NaN));
    return pair;
  }

  private static double error(Tensor matrices, SymmetricEigen eigen) {
    Tensor u = eigen.vectors();
    Tensor back = u.mul(eigen.values().unsqueeze(1)).matmul(u.transpose(1, 2));
    return Tensors.item(back.sub(matrices).norm()) / Tensors.item(matrices.norm());
  }

  @Test
  void float32ThatFailsIsMadeInFloat64() {
    try (Scope scope = Scope.open()) {
      Tensor m = symmetric(ScalarType.Float);
      List<ScalarType> asked = new ArrayList<>();
      SymmetricEigen eigen = SymmetricEigen.of(m, failingIn(ScalarType.Float, asked));
      assertThat(asked).containsExactly(ScalarType.Float, ScalarType.Double);
      assertThat(Tensors.type(eigen.values())).isEqualTo(ScalarType.Float);
      assertThat(Tensors.type(eigen.vectors())).isEqualTo(ScalarType.Float);
      assertThat(error(m, eigen)).isLessThan(1e-5);
    }
  }

  @Test
  void float32ThatComesOutAsNanIsMadeInFloat64() {
    try (Scope scope = Scope.open()) {
      Tensor m = symmetric(ScalarType.Float);
      Function<Tensor, T_TensorTensor_T> silent =
          a ->
              Tensors.type(a) == ScalarType.Double
                  ? torch.linalg_eigh(a)
                  : spoilt(torch.linalg_eigh(a));
      assertThat(error(m, SymmetricEigen.of(m, silent))).isLessThan(1e-5);
    }
  }

  @Test
  void float32ThatConvergesIsNotMadeAgain() {
    try (Scope scope = Scope.open()) {
      Tensor m = symmetric(ScalarType.Float);
      List<ScalarType> asked = new ArrayList<>();
      assertThat(error(m, SymmetricEigen.of(m, failingIn(ScalarType.Double, asked))))
          .isLessThan(1e-5);
      assertThat(asked).containsExactly(ScalarType.Float);
    }
  }

  @Test
  void float64ThatFailsSaysSo() {
    try (Scope scope = Scope.open()) {
      List<ScalarType> asked = new ArrayList<>();
      assertThatThrownBy(
              () ->
                  SymmetricEigen.of(
                      symmetric(ScalarType.Double), failingIn(ScalarType.Double, asked)))
          .hasMessageContaining("failed to converge");
      assertThat(asked).containsExactly(ScalarType.Double);
    }
  }

  @Test
  void whatIsNotFiniteIsNotDecomposed() {
    try (Scope scope = Scope.open()) {
      Tensor m = symmetric(ScalarType.Float);
      m.select(0, 1).select(0, 2).fill_(Tensors.scalar(Double.NaN));
      assertThatThrownBy(() -> SymmetricEigen.of(m))
          .isInstanceOf(ArithmeticException.class)
          .hasMessageContaining("NaN or infinite");
    }
  }
}
