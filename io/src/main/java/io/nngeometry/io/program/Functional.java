package io.nngeometry.io.program;

import io.nngeometry.engine.Operator;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Programs whose calls overwrite nothing: what the calls of a training graph do in place. */
final class Functional {
  private Functional() {}

  /** Replaces calls in place by their out-of-place forms. */
  static Program of(Program program) {
    Map<String, String> renamed = new HashMap<>();
    List<Node> nodes = new ArrayList<>();
    for (Node node : program.nodes()) {
      Map<String, Argument> arguments = new LinkedHashMap<>();
      node.arguments().forEach((name, a) -> arguments.put(name, renamed(a, renamed)));
      Node next = new Node(node.target(), arguments, node.outputs(), node.module());
      if (isInPlace(next)) {
        String target = next.references().findFirst().orElse("");
        String name = next.operator().substring(0, next.operator().length() - 1);
        String overload = next.overload().isEmpty() ? "default" : next.overload();
        if (Operator.find(name, next.overload()).isPresent() && !next.outputs().isEmpty()) {
          next =
              new Node(
                  "torch.ops.aten." + name + "." + overload,
                  arguments,
                  next.outputs(),
                  next.module());
          renamed.replaceAll((from, to) -> to.equals(target) ? node.output() : to);
          renamed.put(target, node.output());
        }
      }
      nodes.add(next);
    }
    return new Program(
        program.inputs(),
        List.copyOf(nodes),
        program.outputs().stream().map(o -> renamed(o, renamed)).toList(),
        program.tensors(),
        program.numbers(),
        program.ranges());
  }

  private static boolean isInPlace(Node node) {
    return node.isAten() && node.operator().endsWith("_") && !node.operator().endsWith("__");
  }

  private static Argument renamed(Argument argument, Map<String, String> names) {
    if (argument instanceof Argument.Reference r) {
      return new Argument.Reference(names.getOrDefault(r.name(), r.name()));
    }
    if (argument instanceof Argument.Sequence s) {
      return new Argument.Sequence(s.elements().stream().map(e -> renamed(e, names)).toList());
    }
    return argument;
  }
}
