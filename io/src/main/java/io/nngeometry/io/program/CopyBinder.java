package io.nngeometry.io.program;

import io.nngeometry.engine.Tensors;
import io.nngeometry.io.program.Derived.Making;
import io.nngeometry.layers.Parameter;
import io.nngeometry.layers.ParametricLayer;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Binds uses of bare parameters, of which every example gets a copy of its own. */
final class CopyBinder {
  private final Context context;
  private final LayerBinder layers;
  private final ProductBinder products;

  CopyBinder(Context context, LayerBinder layers, ProductBinder products) {
    this.context = context;
    this.layers = layers;
    this.products = products;
  }

  /** A call that copies parameters for every example. */
  boolean copied(Node node) {
    Optional<BatchAxis> axis = context.axes.of(node.output());
    if (!Operators.COPYING.contains(node.operator())
        || axis.isEmpty()
        || node.references().filter(context::isDerived).count() != 1
        || !context.isDerived(node.references().findFirst().orElseThrow())) {
      return false;
    }
    Derived whole = context.derivations.copies(node);
    if (products.isMultiplied(node.output())) {
      return true; // a matrix that products use: it is no copy to them
    }
    long[] shape = context.shape(node.output());
    boolean inOrder =
        context.derivations.of(node.references().findFirst().orElseThrow()).reshaped().isPresent()
            && whole.kind() == Making.CHOSEN
            && Tensors.numel(shape) / context.batch.examples() == whole.parameters().get(0).size();
    return copies(
        node,
        whole,
        Copies.Copier.copied(axis.get()),
        inOrder,
        axis.get(),
        context.slot(node.output()));
  }

  /** Adds a step that copies {@code value}; false if no rule covers it. */
  private boolean copies(
      Node node, Derived value, Copies.Copier copier, boolean whole, BatchAxis axis, int out) {
    ParametricLayer layer;
    if (whole) {
      layer = context.registry.bare(value.parameters().get(0));
    } else if (value.kind() == Making.CHOSEN) {
      Parameter p = value.parameters().get(0);
      layer =
          context.registry.bare("chosen " + value.signature(), List.of(p), () -> Copies.choice(p));
    } else if (!value.dynamic()) {
      Map<Parameter, Derived> weights = new IdentityHashMap<>();
      layer =
          context.registry.bare(
              "computed " + value.signature(),
              value.parameters(),
              () -> {
                layers.effective(value, weights);
                return new DerivedRule(Copies.whole(), weights, context::constants);
              });
    } else {
      return false;
    }
    context.add(
        node, new Copies(layer, value, copier, !whole && value.kind() == Making.CHOSEN, axis, out));
    return true;
  }

  /** An elementwise operator: parameters are copied for every example first. */
  boolean elementwise(Node node) {
    Optional<BatchAxis> axis = context.axes.of(node.output());
    if (!Operators.ELEMENTWISE.contains(node.operator())
        || axis.isEmpty()
        || !axis.get().isPlain()) {
      return false;
    }
    int rank = context.shape(node.output()).length;
    int k = axis.get().axis();
    Map<String, Argument> arguments = new LinkedHashMap<>(node.arguments());
    List<Derived> values = new ArrayList<>();
    List<String> names = new ArrayList<>();
    List<String> sources = new ArrayList<>();
    for (Map.Entry<String, Argument> e : node.arguments().entrySet()) {
      if (e.getValue() instanceof Argument.Reference r && context.isDerived(r.name())) {
        Derived d = context.derivations.of(r.name());
        if (d.shape().length > rank
            || Context.aligned(d.shape(), rank)[k] != 1
            || (d.kind() == Making.COMPUTED && d.dynamic())) {
          return false;
        }
        values.add(d);
        sources.add(r.name());
        names.add(node.output() + "/" + e.getKey());
        arguments.put(e.getKey(), new Argument.Reference(node.output() + "/" + e.getKey()));
      }
    }
    for (int i = 0; i < values.size(); i++) {
      Derived d = values.get(i);
      Copies.Copier copier = Copies.Copier.aligned(rank, k);
      if (!rowsOfTable(node, sources.get(i), d, copier, axis.get(), context.slot(names.get(i)))) {
        copies(node, d, copier, d.reshaped().isPresent(), axis.get(), context.slot(names.get(i)));
      }
    }
    context.add(
        node,
        context.calls.step(new Node(node.target(), arguments, node.outputs(), node.module())));
    return true;
  }

  /** Adds a lookup of rows that are the same for all examples, if the value is that. */
  private boolean rowsOfTable(
      Node node, String name, Derived rows, Copies.Copier copier, BatchAxis axis, int out) {
    Optional<Node> lookup = context.flow.producer(name);
    while (lookup.isPresent() && Operators.RESHAPING.contains(lookup.get().operator())) {
      lookup = lookup.get().references().findFirst().flatMap(context.flow::producer);
    }
    Optional<Parametrised> p =
        lookup
            .filter(n -> n.operator().equals("embedding"))
            .flatMap(n -> Parametrised.of(n, context))
            .filter(q -> context.flow.of(q.input()) == Flow.Kind.CONSTANT)
            .filter(q -> q.weight().filter(context::isDerived).isPresent());
    Optional<Derived> table = p.flatMap(Parametrised::weight).map(context.derivations::of);
    if (table.flatMap(Derived::itself).isEmpty()) {
      return false;
    }
    Form form = p.get().form();
    ParametricLayer layer = layers.layer(lookup.get(), form, table, Optional.empty());
    context.add(
        node,
        new TableCopies(
            layer, form, table.get(), rows, context.slot(p.get().input()), copier, axis, out));
    return true;
  }
}
