package io.nngeometry.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** Operators by name. */
class OperatorTest {
  @Test
  void schemasAreReadWithTypesAndDefaults() {
    Operator conv = Operator.find("conv2d", "padding").orElseThrow();
    assertThat(conv.slots())
        .containsExactly(
            new Operator.Slot("input", "Tensor", Optional.empty()),
            new Operator.Slot("weight", "Tensor", Optional.empty()),
            new Operator.Slot("bias", "Tensor?", Optional.of("None")),
            new Operator.Slot("stride", "SymInt[2]", Optional.of("[1, 1]")),
            new Operator.Slot("padding", "str", Optional.of("\"valid\"")),
            new Operator.Slot("dilation", "SymInt[2]", Optional.of("[1, 1]")),
            new Operator.Slot("groups", "SymInt", Optional.of("1")));
    Operator to = Operator.find("to", "dtype_layout").orElseThrow();
    assertThat(to.slots().get(0).plainType()).isEqualTo("Tensor");
    assertThat(to.slots().get(1).isOptional()).isTrue();
    assertThat(conv.slots().get(3).plainType()).isEqualTo("SymInt[]");
    assertThat(Operator.find("nonsense", "")).isEmpty();
    assertThat(Operator.find("add", "nonsense")).isEmpty();
  }

  @Test
  void resultsOutliveTheCall() {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.of(new double[] {-1, 2, 3, -4}, 4);
      Operator relu = Operator.find("relu", "").orElseThrow();
      Tensor y = (Tensor) relu.call(new IValue(x)).get(0).value();
      assertThat(Tensors.toArray(y)).containsExactly(0, 2, 3, 0);
      Operator split = Operator.find("split", "Tensor").orElseThrow();
      List<Operator.Result> parts = split.call(new IValue(x), new IValue(3L), new IValue(0L));
      assertThat(parts).hasSize(1);
      assertThat(parts.get(0).list()).isTrue();
      assertThat(Tensors.toArray(parts.get(0).tensors().get(1))).containsExactly(-4);
      Operator size = Operator.find("sym_size", "int").orElseThrow();
      assertThat(size.call(new IValue(x), new IValue(0L)).get(0).value()).isEqualTo(4L);
    }
  }

  @Test
  void bothModesOfDifferentiationPassThrough() {
    try (Scope scope = Scope.open();
        ForwardMode forward = ForwardMode.enter();
        GradMode on = GradMode.enabled()) {
      Tensor x = Tensors.of(new double[] {0.3, -0.7}, 2).requires_grad_();
      Tensor dual = forward.dual(x, torch.ones(new long[] {2}, Tensors.options(ScalarType.Double)));
      Operator tanh = Operator.find("tanh", "").orElseThrow();
      Tensor y = (Tensor) tanh.call(new IValue(dual)).get(0).value();
      Tensor slope = torch.ones_like(x).sub(x.tanh().pow(new Scalar(2.0))).detach();
      assertThat(Tensors.toArray(forward.tangent(y))).containsExactly(Tensors.toArray(slope));
      Tensor g = Tensors.gradients(y, torch.ones_like(y), List.of(x), false).get(0);
      assertThat(Tensors.toArray(g)).containsExactly(Tensors.toArray(slope));
    }
  }

  @Test
  void wrongArgumentsAreErrorsAndNoCrash() {
    try (Scope scope = Scope.open()) {
      Operator view = Operator.find("view", "").orElseThrow();
      Tensor x = Tensors.of(new double[] {1}, 1);
      assertThatThrownBy(() -> view.call(new IValue(x)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("1 arguments for aten::view");
      assertThatThrownBy(() -> view.call(new IValue(x), new IValue(x)))
          .isInstanceOf(RuntimeException.class);
    }
  }
}
