package io.nngeometry.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class UnrecordedTest {
  @Test
  void nothingIsRecordedUntilItIsClosed() {
    try (Scope scope = Scope.open();
        GradMode on = GradMode.enabled()) {
      Tensor w = Tensors.randn(1, Tensors.options(ScalarType.Double), 3).requires_grad_();
      Tensor sum;
      try (Unrecorded all = Unrecorded.begin()) {
        try (Scope inner = Scope.open()) {
          assertThat(w.mul(w).requires_grad()).isFalse();
        }
        // it outlives scopes that begin after it
        sum = w.mul(w);
        assertThat(sum.requires_grad()).isFalse();
        assertThat(sum.narrow(0, 0, 2).requires_grad()).isFalse();
      }
      // what was made meanwhile is a tensor like others
      Tensor product = sum.add_(sum).mul(w).sum();
      Tensor gradient = Tensors.gradients(product, Tensors.filled(w, 1), List.of(w), false).get(0);
      assertThat(gradient.equal(sum)).isTrue();
      assertThat(sum.equal(Tensors.times(w.detach().square(), 2))).isTrue();
    }
  }
}
