package io.nngeometry.io.program;

import io.nngeometry.io.program.Derived.Making;
import io.nngeometry.io.program.Program.TensorFacts;
import io.nngeometry.layers.Parameter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/** Finds how values are made of parameters. */
final class Derivations {
  private final Program program;
  private final State state;
  private final Flow flow;
  private final ToIntFunction<String> slots;
  private final Function<Node, Step> steps;
  private final Map<String, Derived> known = new HashMap<>();
  private final Map<String, String> signatures = new HashMap<>();

  /**
   * @param slots numbers the values of a frame
   * @param steps binds a call
   */
  Derivations(
      Program program,
      State state,
      Flow flow,
      ToIntFunction<String> slots,
      Function<Node, Step> steps) {
    this.program = program;
    this.state = state;
    this.flow = flow;
    this.slots = slots;
    this.steps = steps;
  }

  /** How a value that depends on parameters, and on no example, is made. */
  Derived of(String name) {
    Derived d = known.get(name);
    if (d == null) {
      d = derive(name, kind(name));
      known.put(name, d);
    }
    return d;
  }

  /** As {@link #of}, for a call that copies such a value for every example. */
  Derived copies(Node node) {
    return derive(node.output(), Making.CHOSEN);
  }

  private Derived derive(String name, Making kind) {
    Set<Node> nodes = new LinkedHashSet<>();
    Map<Integer, Parameter> sources = new LinkedHashMap<>();
    boolean[] dynamic = {false};
    collect(name, nodes, sources, dynamic, true);
    List<Step> made = new ArrayList<>();
    nodes.forEach(n -> made.add(steps.apply(n)));
    TensorFacts facts = program.tensors().get(name);
    Set<Parameter> distinct = Collections.newSetFromMap(new IdentityHashMap<>());
    distinct.addAll(sources.values());
    return new Derived(
        slots.applyAsInt(name),
        sources,
        List.copyOf(made),
        signature(name),
        distinct.size() == 1 ? kind : Making.COMPUTED,
        facts == null ? new long[0] : facts.hints(),
        dynamic[0]);
  }

  private void collect(
      String name,
      Set<Node> nodes,
      Map<Integer, Parameter> sources,
      boolean[] dynamic,
      boolean top) {
    State.Weight weight = state.byInput().get(name);
    if (weight != null) {
      sources.put(slots.applyAsInt(name), weight.parameter());
      return;
    }
    Node node = flow.producer(name).orElse(null);
    if (node == null || nodes.contains(node)) {
      return;
    }
    boolean size = program.numbers().containsKey(name) || flow.of(name) == Flow.Kind.CONSTANT;
    if (!top && size && flow.isDynamic(name)) {
      dynamic[0] = true; // a size: it stands in the frame
      return;
    }
    node.references().forEach(r -> collect(r, nodes, sources, dynamic, false));
    nodes.add(node);
  }

  private Making kind(String name) {
    if (state.byInput().containsKey(name)) {
      return Making.ITSELF;
    }
    Node node = flow.producer(name).orElseThrow();
    List<String> derived = node.references().filter(r -> flow.of(r) == Flow.Kind.DERIVED).toList();
    String first = node.references().findFirst().orElse("");
    boolean untrainedRow =
        node.operator().equals("embedding") && node.argument("padding_idx").isPresent();
    if (derived.size() != 1 || !derived.get(0).equals(first) || !node.isAten() || untrainedRow) {
      return Making.COMPUTED;
    }
    Making before = of(first).kind();
    Making mine =
        Operators.RESHAPING.contains(node.operator())
            ? Making.RESHAPED
            : Operators.CHOOSING.contains(node.operator()) ? Making.CHOSEN : Making.COMPUTED;
    return before.compareTo(mine) > 0 ? before : mine;
  }

  /** The same for values that are the same function of the same parameters and constants. */
  String signature(String name) {
    String s = signatures.get(name);
    if (s != null) {
      return s;
    }
    State.Weight weight = state.byInput().get(name);
    Node node = flow.producer(name).orElse(null);
    if (weight != null) {
      s = weight.names().get(0);
    } else if (node == null) {
      s = "%" + name;
    } else {
      StringBuilder text = new StringBuilder(node.target());
      node.arguments().forEach((key, a) -> text.append(';').append(key).append('=').append(a));
      node.references().forEach(r -> text.append(';').append(signature(r)));
      text.append('#').append(node.outputs().indexOf(name));
      String structure =
          node.references().reduce(text.toString(), (t, r) -> t.replace("[name=" + r + "]", "[]"));
      // a short name for the structure, lest signatures of signatures grow without bound
      s = "~" + numbers.computeIfAbsent(structure, unused -> numbers.size());
    }
    signatures.put(name, s);
    return Objects.requireNonNull(s);
  }

  private final Map<String, Integer> numbers = new HashMap<>();
}
