package io.nngeometry.io.program;

import io.nngeometry.engine.ForwardMode;
import io.nngeometry.engine.Operator;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** Binds calls to operators of libtorch. */
final class Calls {
  private static final double MAX_ELEMENTS = 1L << 31;

  /** Operators whose results grow with a single number. */
  private static final Set<String> GROWING =
      Set.of("arange", "linspace", "eye", "repeat_interleave", "one_hot");

  private final ToIntFunction<String> slots;
  private final Parametrised.Values values;
  private final Retyping retyping;
  private final Map<String, Operator> operators = new HashMap<>();

  /** The floating type that the program's constants name, and the one that it computes in. */
  record Retyping(ScalarType from, ScalarType to) {
    Argument apply(Argument argument) {
      return argument.equals(new Argument.Literal((long) from.value))
          ? new Argument.Literal((long) to.value)
          : argument;
    }
  }

  /**
   * @param slots numbers the values of a frame
   * @param values what is known of them
   */
  Calls(ToIntFunction<String> slots, Parametrised.Values values, Retyping retyping) {
    this.slots = slots;
    this.values = values;
    this.retyping = retyping;
  }

  /** Fails on all calls at once that are not allowed or not known. */
  void check(List<Node> nodes) {
    Set<String> unsupported = new LinkedHashSet<>();
    for (Node node : nodes) {
      if (Operators.ignores(node) || node.outputs().stream().allMatch(Objects::isNull)) {
        continue;
      }
      boolean known =
          node.isAten()
              ? Operators.allows(node.operator()) && operator(node).isPresent()
              : NumberCall.of(node, slots).isPresent();
      if (!known) {
        unsupported.add(ProgramReader.shown(node.shownOperator()));
      }
    }
    if (!unsupported.isEmpty()) {
      throw new UnsupportedOperatorException(List.copyOf(unsupported));
    }
  }

  /**
   * A call without parameters: a convolution in the form that no known input crashes, a
   * normalisation in the one that has second derivatives.
   *
   * @param alone whether nothing but the first thing that it gives is used
   */
  Step plain(Node node, boolean alone) {
    return Optional.of(node)
        .filter(n -> alone && (n.operator().startsWith("conv") || n.operator().contains("norm")))
        .flatMap(n -> Parametrised.of(n, values))
        .filter(p -> p.form() instanceof Forms.Normalised || p.weight().isPresent())
        .map(p -> computed(p, slots.applyAsInt(node.output())))
        .orElseGet(() -> step(node));
  }

  private Step computed(Parametrised p, int out) {
    int in = slots.applyAsInt(p.input());
    int weight = p.weight().map(slots::applyAsInt).orElse(-1);
    int bias = p.bias().map(slots::applyAsInt).orElse(-1);
    Form form = p.form();
    return frame ->
        frame.put(
            out,
            form.compute(
                frame.tensor(in),
                weight < 0 ? null : frame.tensor(weight),
                bias < 0 ? null : frame.tensor(bias)));
  }

  /** The step of a call whose arguments stand in the frame. */
  Step step(Node node) {
    if (node.operator().endsWith("dropout") && node.isAten()) {
      int in = slots.applyAsInt(node.references().findFirst().orElseThrow());
      int out = slots.applyAsInt(node.output());
      return frame -> frame.put(out, frame.tensor(in));
    }
    Optional<Step> arithmetic = NumberCall.of(node, slots);
    if (arithmetic.isPresent()) {
      return arithmetic.get();
    }
    Optional<Step> composite = Composite.of(node, slots);
    if (composite.isPresent()) {
      return composite.get();
    }
    Step call = call(Rewriting.of(node).orElse(node));
    return Differentiable.of(node, slots)
        .map(other -> (Step) frame -> (ForwardMode.isDifferentiable() ? other : call).run(frame))
        .or(() -> Direct.of(node, slots, call))
        .orElse(call);
  }

  /** A call through the dispatcher. */
  private Step call(Node node) {
    Operator operator = operator(node).orElseThrow();
    checkSizes(node);
    List<Boxing> boxings = new ArrayList<>();
    Set<String> given = new HashSet<>(node.arguments().keySet());
    for (Operator.Slot s : operator.slots()) {
      Argument a = node.arguments().get(s.name());
      given.remove(s.name());
      if (a != null && s.plainType().equals("ScalarType")) {
        a = retyping.apply(a);
      }
      try {
        boxings.add(Boxing.of(s, a, slots));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "%s, argument '%s': %s".formatted(node.shownOperator(), s.name(), e.getMessage()), e);
      }
    }
    if (!given.isEmpty()) {
      throw new IllegalArgumentException(
          "%s takes no '%s'"
              .formatted(node.shownOperator(), ProgramReader.shown(given.iterator().next())));
    }
    int[] outputs =
        node.outputs().stream()
            .mapToInt((@Nullable String o) -> o == null ? -1 : slots.applyAsInt(o))
            .toArray();
    return new Call(operator, boxings, outputs);
  }

  /** No list of sizes, paddings or repeats in a program may ask for absurd amounts of memory. */
  private static void checkSizes(Node node) {
    for (Map.Entry<String, Argument> e : node.arguments().entrySet()) {
      double product = 1;
      List<Argument> elements =
          e.getValue() instanceof Argument.Sequence s ? s.elements() : List.of();
      if (GROWING.contains(node.operator())) {
        elements =
            e.getValue() instanceof Argument.Sequence s ? s.elements() : List.of(e.getValue());
      }
      for (Argument a : elements) {
        if (a instanceof Argument.Literal l && l.value() instanceof Number n) {
          product *= Math.max(1, Math.abs(n.doubleValue()));
        }
      }
      if (product > MAX_ELEMENTS) {
        throw new IllegalArgumentException(
            "%s asks for %.3g elements".formatted(node.shownOperator(), product));
      }
    }
  }

  /** The operator that a call names, if this libtorch has it. */
  Optional<Operator> operator(Node node) {
    Operator known = operators.get(node.target());
    if (known != null) {
      return Optional.of(known);
    }
    Optional<Operator> found = Operator.find(node.operator(), node.overload());
    found.ifPresent(o -> operators.put(node.target(), o));
    return found;
  }
}
