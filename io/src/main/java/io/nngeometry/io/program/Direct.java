package io.nngeometry.io.program;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BinaryOperator;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The calls that networks are full of, by their own functions: the same operators as by the
 * dispatcher, without boxes around their arguments, which small tensors would feel.
 */
final class Direct {
  private static final Map<String, UnaryOperator<Tensor>> OF_ONE =
      Map.of(
          "relu", torch::relu,
          "tanh", torch::tanh,
          "sigmoid", torch::sigmoid,
          "silu", torch::silu,
          "exp", torch::exp);

  private static final Map<String, BinaryOperator<Tensor>> OF_TWO =
      Map.of(
          "add", torch::add,
          "sub", torch::sub,
          "mul", torch::mul,
          "div", torch::div,
          "matmul", torch::matmul);

  private Direct() {}

  /**
   * The step of {@code node}, if it is such a call.
   *
   * @param boxed what to do where an operand turns out to be a number
   */
  static Optional<Step> of(Node node, ToIntFunction<String> slots, Step boxed) {
    Set<String> names = node.arguments().keySet();
    Optional<String> self = node.reference("self");
    Optional<String> other = node.reference("other");
    if (!node.isAten() || self.isEmpty() || names.size() != (other.isPresent() ? 2 : 1)) {
      return Optional.empty();
    }
    int a = slots.applyAsInt(self.get());
    int out = slots.applyAsInt(node.output());
    if (other.isEmpty()) {
      return node.overload().isEmpty()
          ? Optional.ofNullable(OF_ONE.get(node.operator()))
              .map(f -> frame -> frame.put(out, f.apply(frame.tensor(a))))
          : Optional.empty();
    }
    int b = slots.applyAsInt(other.get());
    return node.overload().equals("Tensor") || node.overload().isEmpty()
        ? Optional.ofNullable(OF_TWO.get(node.operator())).map(f -> two(f, a, b, out, boxed))
        : Optional.empty();
  }

  private static Step two(BinaryOperator<Tensor> f, int a, int b, int out, Step boxed) {
    return frame -> {
      if (frame.get(a) instanceof Tensor x && frame.get(b) instanceof Tensor y) {
        frame.put(out, f.apply(x, y));
      } else {
        boxed.run(frame);
      }
    };
  }
}
