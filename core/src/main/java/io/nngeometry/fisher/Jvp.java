package io.nngeometry.fisher;

import io.nngeometry.data.Minibatch;
import io.nngeometry.engine.ForwardMode;
import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.Parameter;
import io.nngeometry.layers.Substitution;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.bytedeco.pytorch.Tensor;

/**
 * Products with the Jacobian of one minibatch: J v by one forward pass in forward mode, J^T u by
 * one backward, and the two around an output Hessian from a single forward (Schraudolph 2002).
 */
final class Jvp {
  private Jvp() {}

  /**
   * Outputs and their change along a direction.
   *
   * @param outputs (n, ...)
   * @param tangents of the same shape, J v
   */
  record Linearised(Tensor outputs, Tensor tangents) {}

  /** J v for a flat direction v, (d). */
  static Linearised push(Pass pass, Minibatch batch, Tensor v) {
    try (Scope scope = Scope.open();
        GradMode none = GradMode.disabled();
        ForwardMode forward = ForwardMode.enter();
        Substitution values =
            Substitution.begin(
                substitute(
                    pass.layers(),
                    (slot, stored) -> forward.dual(stored.detach(), direction(slot, v))))) {
      Tensor outputs = pass.forward(batch);
      Tensor tangents = forward.tangent(outputs);
      return new Linearised(
          scope.keep(outputs.detach().clone()), scope.keep(tangents.detach().clone()));
    }
  }

  /** J^T u, flat, for u made from the outputs by {@code cotangent}. */
  static Tensor pull(
      Pass pass, Minibatch batch, java.util.function.UnaryOperator<Tensor> cotangent) {
    return Scope.keeping(
        () -> {
          try (GradMode on = GradMode.enabled()) {
            Map<Parameter, Tensor> leaves =
                substitute(pass.layers(), (slot, stored) -> stored.detach().requires_grad_());
            Tensor outputs;
            try (Substitution values = Substitution.begin(leaves)) {
              outputs = pass.forward(batch);
            }
            return backward(pass.layers(), leaves, outputs, cotangent.apply(outputs.detach()));
          }
        });
  }

  /**
   * J^T (H (J v)), flat: one forward in forward mode that also builds the graph, then one backward.
   *
   * @param middle takes outputs and J v to H J v
   */
  static Tensor around(
      Pass pass, Minibatch batch, Tensor v, BiFunction<Tensor, Tensor, Tensor> middle) {
    return Scope.keeping(
        () -> {
          Map<Parameter, Tensor> leaves =
              substitute(pass.layers(), (slot, stored) -> stored.detach().requires_grad_());
          Tensor outputs;
          Tensor tangents;
          try (GradMode on = GradMode.enabled();
              ForwardMode forward = ForwardMode.enter()) {
            Map<Parameter, Tensor> duals = new IdentityHashMap<>();
            for (Layer.Slot slot : pass.layers().slots()) {
              Tensor leaf = java.util.Objects.requireNonNull(leaves.get(slot.parameter()));
              duals.put(slot.parameter(), forward.dual(leaf, direction(slot, v)));
            }
            try (Substitution values = Substitution.begin(duals)) {
              outputs = pass.forward(batch);
              tangents = forward.tangent(outputs).detach();
            }
          }
          return backward(pass.layers(), leaves, outputs, middle.apply(outputs.detach(), tangents));
        });
  }

  private static Tensor backward(
      LayerCollection layers, Map<Parameter, Tensor> leaves, Tensor outputs, Tensor cotangent) {
    if (!outputs.requires_grad()) {
      return Tensors.zeros(outputs, layers.size());
    }
    List<Tensor> inputs = new ArrayList<>();
    for (Layer.Slot slot : layers.slots()) {
      inputs.add(java.util.Objects.requireNonNull(leaves.get(slot.parameter())));
    }
    List<Tensor> gradients = Tensors.gradients(outputs, cotangent, inputs, false);
    return Tensors.cat(gradients.stream().map(g -> g.reshape(-1)).toList(), 0);
  }

  private static Map<Parameter, Tensor> substitute(
      LayerCollection layers, BiFunction<Layer.Slot, Tensor, Tensor> value) {
    Map<Parameter, Tensor> values = new IdentityHashMap<>();
    for (Layer.Slot slot : layers.slots()) {
      values.put(slot.parameter(), value.apply(slot, slot.parameter().tensor()));
    }
    return values;
  }

  private static Tensor direction(Layer.Slot slot, Tensor v) {
    return v.narrow(0, slot.offset(), slot.parameter().size()).view(slot.parameter().shape());
  }
}
