package io.nngeometry.io.program;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A call in a graph.
 *
 * @param target what is called, as PyTorch spells it: {@code torch.ops.aten.linear.default}
 * @param arguments by name, in the order of the file
 * @param outputs names of what it gives, in order; an unused one is null
 * @param module dotted path of the module that called it; empty for the root
 */
record Node(
    String target, Map<String, Argument> arguments, List<@Nullable String> outputs, String module) {
  private static final String ATEN = "torch.ops.aten.";

  /** The operator's name without its overload, {@code linear}; the whole target if it is none. */
  String operator() {
    return isAten() ? target.substring(ATEN.length(), target.lastIndexOf('.')) : target;
  }

  /** The overload, empty for the default. */
  String overload() {
    String text = isAten() ? target.substring(target.lastIndexOf('.') + 1) : "";
    return text.equals("default") ? "" : text;
  }

  /** Whether it calls an operator of libtorch. */
  boolean isAten() {
    return target.startsWith(ATEN) && target.indexOf('.', ATEN.length()) > 0;
  }

  /** How messages name the operator. */
  String shownOperator() {
    return isAten() ? "aten." + target.substring(ATEN.length()) : target;
  }

  /** The first output. */
  String output() {
    String first = outputs.isEmpty() ? null : outputs.get(0);
    if (first == null) {
      throw new IllegalStateException(target + " gives nothing");
    }
    return first;
  }

  /** The values it refers to. */
  Stream<String> references() {
    return arguments.values().stream().flatMap(Argument::references);
  }

  /** What is given for {@code name}, if anything is. */
  Optional<Argument> argument(String name) {
    return Optional.ofNullable(arguments.get(name)).filter(a -> !a.equals(Argument.NONE));
  }

  /** Whether it is true. */
  boolean isTrue(String name) {
    return argument(name).filter(new Argument.Literal(true)::equals).isPresent();
  }

  /** Whether one is given for {@code name}, or nothing. */
  boolean isOne(String name) {
    return argument(name)
        .map(
            a ->
                a instanceof Argument.Literal l
                    && l.value() instanceof Number n
                    && n.doubleValue() == 1)
        .orElse(true);
  }

  /** The value given for {@code name}, if one is. */
  Optional<String> reference(String name) {
    return argument(name)
        .filter(Argument.Reference.class::isInstance)
        .map(a -> ((Argument.Reference) a).name());
  }
}
