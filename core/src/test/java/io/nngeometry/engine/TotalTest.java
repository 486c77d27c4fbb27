package io.nngeometry.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class TotalTest {
  private static Tensor randn(long seed, long... shape) {
    return Tensors.randn(seed, Tensors.options(ScalarType.Double), shape);
  }

  @Test
  void addsWhateverComesFirst() {
    try (Scope scope = Scope.open()) {
      Tensor a = randn(1, 2, 3, 4);
      Tensor b = randn(2, 2, 4, 5);
      Tensor c = randn(3, 2, 3, 5);
      Tensor expected =
          torch.bmm(a, b).mul(Tensors.scalar(3)).add(c.mul(Tensors.scalar(2))).add(c.square());
      assertClose(
          Total.of(
              t -> {
                t.addProduct(a, b, 3);
                t.add(c.clone(), 2);
                t.addSquare(c);
              }),
          expected);
      assertClose(
          Total.of(
              t -> {
                t.add(c.clone(), 2);
                t.addSquare(c);
                t.addProduct(a, b, 3);
              }),
          expected);
      assertClose(
          Total.of(
              t -> {
                t.addSquare(c);
                t.addProduct(a, b, 3);
                t.add(c.clone(), 2);
              }),
          expected);
    }
  }

  @Test
  void outlivesTheScopesOfItsTerms() {
    try (Total total = new Total()) {
      assertThat(total.isEmpty()).isTrue();
      for (int k = 0; k < 3; k++) {
        try (Scope scope = Scope.open()) {
          total.addSquare(torch.ones(new long[] {2}, Tensors.options(ScalarType.Double)));
        }
      }
      try (Scope scope = Scope.open()) {
        assertThat(Tensors.item(total.value().sum())).isEqualTo(6);
      }
    }
  }

  @Test
  void hasNoValueWithoutTerms() {
    assertThatThrownBy(() -> Total.of(t -> {})).isInstanceOf(IllegalStateException.class);
  }

  private static void assertClose(Tensor actual, Tensor expected) {
    assertThat(Tensors.item(actual.sub(expected).abs().max())).isLessThan(1e-13);
  }
}
