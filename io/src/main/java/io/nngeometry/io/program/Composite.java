package io.nngeometry.io.program;

import io.nngeometry.engine.Tensors;
import java.util.Optional;
import java.util.function.ToIntFunction;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;

/** Calls whose operators lack a derivative in one mode or the other, by others that have both. */
final class Composite {
  private Composite() {}

  /** The step of {@code node}, if it is such a call. */
  static Optional<Step> of(Node node, ToIntFunction<String> slots) {
    return switch (node.isAten() ? node.operator() : "") {
      case "_weight_norm", "_weight_norm_interface" -> Optional.of(weightNorm(node, slots));
      case "copy" -> Optional.of(copy(node, slots));
      default -> Optional.empty();
    };
  }

  private static int slot(Node node, String argument, ToIntFunction<String> slots) {
    return slots.applyAsInt(
        node.reference(argument)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "%s lacks '%s'".formatted(node.shownOperator(), argument))));
  }

  /** g v / |v|, the norm over all axes but one (Salimans and Kingma 2016). */
  private static Step weightNorm(Node node, ToIntFunction<String> slots) {
    int v = slot(node, "v", slots);
    int g = slot(node, "g", slots);
    int out = slots.applyAsInt(node.output());
    long axis =
        node.argument("dim").orElse(Argument.NONE) instanceof Argument.Literal l
                && l.value() instanceof Long d
            ? d
            : 0;
    return frame -> {
      Tensor direction = frame.tensor(v);
      long[] others = LongStream.range(0, direction.dim()).filter(k -> k != axis).toArray();
      Tensor norm = Tensors.sum(direction.mul(direction), true, others).sqrt();
      frame.put(out, direction.mul(frame.tensor(g).div(norm)));
    };
  }

  /** What {@code self} would hold after {@code self.copy_(src)}. */
  private static Step copy(Node node, ToIntFunction<String> slots) {
    int self = slot(node, "self", slots);
    int source = slot(node, "src", slots);
    int out = slots.applyAsInt(node.output());
    return frame -> {
      Tensor target = frame.tensor(self);
      frame.put(out, frame.tensor(source).to(Tensors.type(target)).expand_as(target));
    };
  }
}
