package io.nngeometry.io.program;

import io.nngeometry.io.program.Program.Input;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What every value of a program depends on, and who uses it. */
final class Flow {
  /** What a value depends on. */
  enum Kind {
    /** On buffers and constants; perhaps on sizes of inputs, but not on the number of examples. */
    CONSTANT,
    /** On parameters, and on no example. */
    DERIVED,
    /** On the examples. */
    BATCH
  }

  private final Map<String, Kind> kinds = new HashMap<>();
  private final Map<String, Node> producers = new HashMap<>();
  private final Map<String, List<Node>> users = new HashMap<>();
  private final Set<String> dynamic = new HashSet<>();
  private final Set<String> results = new HashSet<>();

  /**
   * @param batchSymbols names of the symbols that are the number of examples
   */
  Flow(Program program, Set<String> batchSymbols) {
    for (Input input : program.inputs()) {
      boolean user = input.origin() == Program.Origin.USER;
      kinds.put(
          input.name(),
          user
              ? Kind.BATCH
              : input.origin() == Program.Origin.PARAMETER ? Kind.DERIVED : Kind.CONSTANT);
      if (user) {
        dynamic.add(input.name());
      }
    }
    for (Node node : program.nodes()) {
      List<String> references = node.references().toList();
      Kind kind = kind(references);
      boolean varies = references.stream().anyMatch(dynamic::contains);
      for (@Nullable String out : node.outputs()) {
        if (out != null) {
          Program.Size number = program.numbers().get(out);
          kinds.put(
              out,
              number == null
                  ? kind
                  : batchSymbols.stream().anyMatch(number::mentions) ? Kind.BATCH : Kind.CONSTANT);
          producers.put(out, node);
          if (varies) {
            dynamic.add(out);
          }
        }
      }
      references.forEach(r -> users.computeIfAbsent(r, unused -> new ArrayList<>()).add(node));
    }
    program.outputs().forEach(o -> o.references().forEach(results::add));
  }

  private Kind kind(List<String> references) {
    Kind kind = Kind.CONSTANT;
    for (String r : references) {
      Kind other = of(r);
      kind = other.compareTo(kind) > 0 ? other : kind;
    }
    return kind;
  }

  Kind of(String name) {
    return Objects.requireNonNull(kinds.get(name));
  }

  /** Whether it depends on the inputs in any way, be it on their sizes. */
  boolean isDynamic(String name) {
    return dynamic.contains(name);
  }

  /** The call that gives it; empty for an input. */
  Optional<Node> producer(String name) {
    return Optional.ofNullable(producers.get(name));
  }

  /** The one call that uses it, if nothing else does. */
  Optional<Node> onlyUser(String name) {
    List<Node> all = users.getOrDefault(name, List.of());
    return all.size() == 1 && !results.contains(name) ? Optional.of(all.get(0)) : Optional.empty();
  }

  /** The calls that use it. */
  List<Node> users(String name) {
    return users.getOrDefault(name, List.of());
  }

  /** Whether anything uses it. */
  boolean isUsed(String name) {
    return results.contains(name) || users.containsKey(name);
  }
}
