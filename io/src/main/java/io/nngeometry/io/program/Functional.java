package io.nngeometry.io.program;

import io.nngeometry.engine.Operator;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Programs whose calls overwrite nothing: what the calls of a training graph do in place. */
final class Functional {
  private final Program program;
  private final Map<String, String> renamed = new HashMap<>();
  private final Map<String, Set<String>> sharing = new HashMap<>();

  private Functional(Program program) {
    this.program = program;
  }

  /**
   * Replaces calls in place by their out-of-place forms.
   *
   * @throws IllegalArgumentException if a call overwrites what is also seen through a view
   */
  static Program of(Program program) {
    return new Functional(program).replace();
  }

  private Program replace() {
    List<Node> nodes = new ArrayList<>();
    for (int i = 0; i < program.nodes().size(); i++) {
      Node node = program.nodes().get(i);
      Map<String, Argument> arguments = new LinkedHashMap<>();
      node.arguments().forEach((name, a) -> arguments.put(name, renamed(a)));
      Node next = new Node(node.target(), arguments, node.outputs(), node.module());
      nodes.add(isInPlace(node) ? outOfPlace(node, next, i) : next);
      if (isView(node)) {
        share(node);
      }
    }
    return new Program(
        program.inputs(),
        List.copyOf(nodes),
        program.outputs().stream().map(this::renamed).toList(),
        program.tensors(),
        program.numbers(),
        program.ranges());
  }

  private Node outOfPlace(Node node, Node next, int index) {
    String name = node.operator().substring(0, node.operator().length() - 1);
    String overload = node.overload().isEmpty() ? "default" : node.overload();
    if (node.outputs().isEmpty() || Operator.find(name, node.overload()).isEmpty()) {
      return next; // it is refused by its name later
    }
    String target = node.references().findFirst().orElse("");
    checkUnseen(node, target, index);
    String current = renamed.getOrDefault(target, target);
    String output = node.output();
    renamed.replaceAll((from, to) -> to.equals(current) ? output : to);
    renamed.put(target, output);
    return new Node(
        "torch.ops.aten." + name + "." + overload, next.arguments(), next.outputs(), next.module());
  }

  /** What is overwritten must not be seen later under another name. */
  private void checkUnseen(Node node, String target, int index) {
    Set<String> others = new HashSet<>(sharing.getOrDefault(target, Set.of()));
    others.remove(target);
    boolean seen =
        program.nodes().stream()
                .skip(index + 1L)
                .anyMatch(later -> later.references().anyMatch(others::contains))
            || program.outputs().stream().flatMap(Argument::references).anyMatch(others::contains);
    if (seen) {
      throw new IllegalArgumentException(
          "%s overwrites a tensor that is also used through a view: export with run_decompositions()"
              .formatted(node.shownOperator()));
    }
  }

  private static boolean isView(Node node) {
    return node.isAten()
        && (Operators.RESHAPING.contains(node.operator())
            || Operators.CHOOSING.contains(node.operator())
            || Set.of("to", "detach").contains(node.operator()));
  }

  /** A view may share memory with what it shows, and with all that shares that. */
  private void share(Node node) {
    String source = node.references().findFirst().orElse("");
    Set<String> all = sharing.computeIfAbsent(source, s -> new HashSet<>(Set.of(s)));
    for (@Nullable String out : node.outputs()) {
      if (out != null) {
        all.add(out);
        sharing.put(out, all);
      }
    }
  }

  private static boolean isInPlace(Node node) {
    return node.isAten() && node.operator().endsWith("_") && !node.operator().endsWith("__");
  }

  private Argument renamed(Argument argument) {
    if (argument instanceof Argument.Reference r) {
      return new Argument.Reference(renamed.getOrDefault(r.name(), r.name()));
    }
    if (argument instanceof Argument.Sequence s) {
      return new Argument.Sequence(s.elements().stream().map(this::renamed).toList());
    }
    return argument;
  }
}
