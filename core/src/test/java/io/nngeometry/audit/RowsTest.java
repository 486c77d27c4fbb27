package io.nngeometry.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class RowsTest {
  @Test
  void productsAndAnglesRowByRow() {
    try (Scope scope = Scope.open()) {
      Tensor a = Tensors.of(new double[] {1, 0, 3, 4, 1, 2}, 3, 2);
      Tensor b = Tensors.of(new double[] {0, 2, 4, 3, -2, -4}, 3, 2);
      assertThat(Rows.dots(a, b)).containsExactly(0, 24, -10);
      assertThat(Rows.cosines(a, b)).containsExactly(new double[] {0, 0.96, -1}, within(1e-15));
    }
  }

  @Test
  void smallAnglesAreNotLostToRounding() {
    try (Scope scope = Scope.open()) {
      Tensor a = Tensors.of(new double[] {1, 0, 1, 0}, 2, 2);
      Tensor b = Tensors.of(new double[] {1, 1e-7, 5, 0}, 2, 2);
      double[] cosines = Rows.cosines(a, b);
      assertThat(1 - cosines[0]).isCloseTo(5e-15, within(2e-16));
      assertThat(cosines[1]).isEqualTo(1);
    }
  }
}
