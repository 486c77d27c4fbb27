package io.nngeometry.io.program;

import io.nngeometry.io.program.Argument.Literal;
import io.nngeometry.io.program.Argument.Sequence;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a call is given that says how it treats axes. */
final class AxisArguments {
  private AxisArguments() {}

  /** The first tensor. */
  static String first(Node node) {
    return node.references().findFirst().orElseThrow(LostException::new);
  }

  /** Axes that an argument names, counted from the first; none if it is not given. */
  static List<Integer> dims(Node node, String name, int rank) {
    List<Integer> dims = new ArrayList<>();
    Optional<Argument> given = node.argument(name);
    if (given.isEmpty()) {
      return switch (node.operator()) {
        case "cat", "stack", "chunk", "split", "split_with_sizes", "slice", "unbind" -> List.of(0);
        case "glu", "sort", "topk" -> List.of(rank - 1);
        default -> dims;
      };
    }
    for (Argument a : given.get() instanceof Sequence s ? s.elements() : List.of(given.get())) {
      if (!(a instanceof Literal l && l.value() instanceof Long d) || d < -rank || d >= rank) {
        throw new LostException();
      }
      dims.add((int) (d < 0 ? d + rank : d));
    }
    return dims;
  }

  /** The elements of a list. */
  static List<Argument> list(Node node, String name) {
    if (node.argument(name).orElseThrow(LostException::new) instanceof Sequence s) {
      return s.elements();
    }
    throw new LostException();
  }
}
