package io.nngeometry.fisher;

import io.nngeometry.data.Minibatch;
import io.nngeometry.engine.ForwardMode;
import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tape;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.Parameter;
import io.nngeometry.layers.Substitution;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A model around its parameters on one minibatch, to first order or to second: J v by a forward
 * pass in forward mode, J^T u by a backward through the graph of that same pass (Schraudolph 2002).
 * Several products share what does not depend on the vectors: the graph, and the values of all
 * linear maps. Everything lives in the scope in which it was made.
 */
final class Linearisation {
  /** What will be asked. */
  enum Order {
    /** J v. */
    TANGENTS,
    /** J v and J^T u. */
    FIRST,
    /** J v, J^T u and the derivative of J v in the parameters. */
    SECOND
  }

  private final Pass pass;
  private final Minibatch batch;
  private final Order order;
  private final @Nullable Tape tape;
  private final Scope.Owner lifetime = Scope.owner();
  private final Map<Parameter, Tensor> leaves = new IdentityHashMap<>();
  private @Nullable Tensor graph;

  /**
   * @param several whether J v will be asked more than once, so that it pays to keep values
   */
  Linearisation(Pass pass, Minibatch batch, Order order, boolean several) {
    this.pass = pass;
    this.batch = batch;
    this.order = order;
    this.tape = several ? new Tape() : null;
    for (Layer.Slot slot : pass.layers().slots()) {
      Tensor constant = slot.parameter().tensor().detach();
      leaves.put(slot.parameter(), order == Order.TANGENTS ? constant : constant.requires_grad_());
    }
  }

  /**
   * Outputs and their change along a direction.
   *
   * @param outputs (n, ...)
   * @param tangents of the same shape, J v; to second order a node of the graph
   */
  record Pushed(Tensor outputs, Tensor tangents) {}

  /** J v for a flat direction v, (d). */
  Pushed push(Tensor v) {
    boolean recording = order == Order.SECOND || (order == Order.FIRST && graph == null);
    try (Scope scope = Scope.open();
        GradMode mode = recording ? GradMode.enabled() : GradMode.disabled();
        ForwardMode forward = ForwardMode.enter(tape, order == Order.SECOND)) {
      Map<Parameter, Tensor> duals = new IdentityHashMap<>();
      for (Layer.Slot slot : pass.layers().slots()) {
        duals.put(slot.parameter(), forward.dual(leaf(slot), direction(slot, v)));
      }
      try (Substitution values = Substitution.begin(duals)) {
        Tensor dual = pass.forward(batch);
        Tensor tangents = forward.tangent(dual);
        if (order == Order.SECOND) {
          return new Pushed(scope.keep(forward.value(dual)), scope.keep(tangents));
        }
        if (recording) {
          graph = lifetime.adopt(forward.value(dual));
        }
        // clones, since the memory of what is dual may be shared
        return new Pushed(scope.keep(dual.detach().clone()), scope.keep(tangents.detach().clone()));
      }
    }
  }

  /** The outputs, (n, ...), without history. */
  Tensor outputs() {
    return graph().detach();
  }

  private Tensor graph() {
    if (graph == null) {
      try (GradMode on = GradMode.enabled();
          Substitution values = Substitution.begin(leaves)) {
        graph = lifetime.adopt(pass.forward(batch));
      }
    }
    return graph;
  }

  /**
   * Adds J^T u.
   *
   * @param u of the outputs' shape
   * @param last whether nothing else will be pulled, so that the graph may be freed
   * @param total flat, (d)
   */
  void pull(Tensor u, boolean last, Tensor total) {
    backward(List.of(graph()), List.of(u), last, total);
  }

  /**
   * Adds J^T u + d/dw &lt;J v, s&gt;: to second order.
   *
   * @param pushed what {@link #push} gave for v
   * @param u of the outputs' shape
   * @param s of the outputs' shape
   * @param last whether nothing else will be pulled
   * @param total flat, (d)
   */
  void pull(Pushed pushed, Tensor u, Tensor s, boolean last, Tensor total) {
    backward(List.of(pushed.outputs(), pushed.tangents()), List.of(u, s), last, total);
  }

  private void backward(List<Tensor> nodes, List<Tensor> cotangents, boolean last, Tensor total) {
    try (Scope scope = Scope.open()) {
      List<Tensor> from = new ArrayList<>();
      List<Tensor> with = new ArrayList<>();
      for (int k = 0; k < nodes.size(); k++) {
        if (nodes.get(k).requires_grad()) {
          from.add(nodes.get(k));
          with.add(cotangents.get(k));
        }
      }
      if (from.isEmpty()) {
        return;
      }
      List<Layer.Slot> slots = pass.layers().slots();
      List<Tensor> gradients =
          Tensors.gradients(from, with, slots.stream().map(this::leaf).toList(), !last);
      for (int k = 0; k < gradients.size(); k++) {
        direction(slots.get(k), total).add_(gradients.get(k));
      }
    }
  }

  private Tensor leaf(Layer.Slot slot) {
    return java.util.Objects.requireNonNull(leaves.get(slot.parameter()));
  }

  static Tensor direction(Layer.Slot slot, Tensor v) {
    return v.narrow(0, slot.offset(), slot.parameter().size()).view(slot.parameter().shape());
  }
}
