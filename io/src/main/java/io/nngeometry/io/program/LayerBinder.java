package io.nngeometry.io.program;

import io.nngeometry.engine.Scope;
import io.nngeometry.layers.ForwardPass;
import io.nngeometry.layers.LayerRule;
import io.nngeometry.layers.Parameter;
import io.nngeometry.layers.ParametricLayer;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Binds calls that are layers. */
final class LayerBinder {
  private final Context context;

  LayerBinder(Context context) {
    this.context = context;
  }

  /** An operator with parameters. */
  boolean bind(Node node) {
    Optional<Parametrised> found = Parametrised.of(node, context);
    if (found.isEmpty() || othersUsed(node)) {
      return false;
    }
    Parametrised p = found.get();
    return bind(node, p.form(), p.input(), p.weight(), p.bias());
  }

  /** Whether more is used of what a call gives than the first. */
  boolean othersUsed(Node node) {
    return node.outputs().stream()
        .skip(1)
        .anyMatch((@Nullable String o) -> o != null && context.flow.isUsed(o));
  }

  /** A call that computes {@code form} of an input with these parameters. */
  boolean bind(Node node, Form form, String input, Optional<String> weight, Optional<String> bias) {
    Optional<BatchAxis> axis = context.axes.of(input);
    if (context.flow.of(input) != Flow.Kind.BATCH
        || axis.isEmpty()
        || !(fits(axis.get(), form, context.shape(input).length) || isFolded(axis.get(), form))
        || weight.filter(w -> !context.isDerived(w)).isPresent()) {
      return false;
    }
    Optional<Derived> w = weight.map(context.derivations::of);
    Optional<Derived> b = bias.filter(context::isDerived).map(context.derivations::of);
    if (w.isEmpty() && b.isEmpty()
        || Stream.of(w, b).flatMap(Optional::stream).anyMatch(Derived::dynamic)) {
      return false;
    }
    ParametricLayer layer = layer(node, form, w, b);
    Operand weightOperand = operand(weight, w);
    Operand biasOperand = operand(bias, b);
    int in = context.slot(input);
    int out = context.slot(node.output());
    BatchAxis place = axis.get();
    if (isFolded(place, form)) {
      context.add(
          node,
          new FoldedUse(
              layer,
              (x, frame) -> form.compute(x, weightOperand.value(frame), biasOperand.value(frame)),
              place,
              in,
              out));
      return true;
    }
    context.add(
        node,
        frame -> {
          Tensor x = place.toFront(frame.tensor(in), frame.examples());
          Tensor y =
              ForwardPass.current()
                  .apply(
                      layer,
                      x,
                      t -> form.compute(t, weightOperand.value(frame), biasOperand.value(frame)));
          frame.put(out, place.fromFront(y));
        });
    return true;
  }

  /** Whether the form knows no positions, and these are folded into the axis of the examples. */
  private static boolean isFolded(BatchAxis axis, Form form) {
    return form.ownAxes() < 0 && axis.axis() == 0 && !axis.isPlain();
  }

  private static boolean fits(BatchAxis axis, Form form, int rank) {
    return form.ownAxes() < 0 ? axis.equals(BatchAxis.FIRST) : axis.axis() < rank - form.ownAxes();
  }

  /** A weight or bias at run time. */
  private interface Operand {
    @Nullable Tensor value(Frame frame);
  }

  private Operand operand(Optional<String> name, Optional<Derived> derived) {
    if (derived.isPresent()) {
      Derived d = derived.get();
      return d::value;
    }
    if (name.isEmpty()) {
      return frame -> null;
    }
    int slot = context.slot(name.get());
    return frame -> frame.tensor(slot);
  }

  /** The layer whose use a call is. */
  ParametricLayer layer(Node node, Form form, Optional<Derived> w, Optional<Derived> b) {
    StringBuilder key = new StringBuilder(node.operator());
    node.arguments()
        .forEach(
            (name, a) -> {
              if (a.references().findAny().isEmpty()) {
                key.append(';').append(name).append('=').append(a);
              }
            });
    key.append('|').append(w.map(Derived::signature)).append('|').append(b.map(Derived::signature));
    Set<Parameter> parameters = new LinkedHashSet<>();
    w.ifPresent(d -> parameters.addAll(d.parameters()));
    b.ifPresent(d -> parameters.addAll(d.parameters()));
    return context.registry.layer(
        key.toString(),
        form.kind(),
        List.copyOf(parameters),
        () -> rule(form, w, b),
        node.module(),
        node.output());
  }

  private LayerRule rule(Form form, Optional<Derived> w, Optional<Derived> b) {
    Map<Parameter, Derived> weights = new IdentityHashMap<>();
    @Nullable Parameter weight = w.map(d -> effective(d, form, weights)).orElse(null);
    @Nullable Parameter bias = b.map(d -> effective(d, form, weights)).orElse(null);
    LayerRule rule = form.rule(weight, bias);
    boolean direct =
        weights.entrySet().stream().allMatch(e -> e.getValue().parameters().contains(e.getKey()));
    return direct ? rule : new DerivedRule(rule, weights, context::constants);
  }

  private Parameter effective(Derived d, Form form, Map<Parameter, Derived> weights) {
    if (form.ignoresShape() && d.reshaped().isPresent()) {
      weights.put(d.reshaped().get(), d);
      return d.reshaped().get();
    }
    return effective(d, weights);
  }

  /** A parameter of the shape of an effective weight, which it stands for in a rule. */
  Parameter effective(Derived d, Map<Parameter, Derived> weights) {
    Parameter p =
        d.itself()
            .orElseGet(
                () -> {
                  try (Scope scope = Scope.open()) {
                    return new Parameter(d.value(context.constants(), q -> q.tensor().detach()));
                  }
                });
    weights.put(p, d);
    return p;
  }
}
