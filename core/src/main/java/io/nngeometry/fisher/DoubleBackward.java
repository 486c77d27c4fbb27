package io.nngeometry.fisher;

import io.nngeometry.data.Minibatch;
import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.Parameter;
import io.nngeometry.layers.Substitution;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Hessian products by reverse mode alone: the graph of J^T u, with u the loss's gradient in the
 * outputs as a leaf of its own, is built once; its derivative along v is J v in u, and in the
 * parameters what the Gauss-Newton term leaves of H v. Lives in its caller's scope.
 */
final class DoubleBackward {
  private final ExampleLoss loss;
  private final Tensor targets;
  private final List<Layer.Slot> slots;
  private final List<Tensor> leaves = new ArrayList<>();
  private final List<Tensor> nodes = new ArrayList<>();
  private final List<Layer.Slot> nodeSlots = new ArrayList<>();
  private final Tensor outputs;
  private final Tensor u;

  DoubleBackward(Pass pass, Minibatch batch, ExampleLoss loss, Tensor targets) {
    this.loss = loss;
    this.targets = targets;
    slots = pass.layers().slots();
    Map<Parameter, Tensor> values = new IdentityHashMap<>();
    for (Layer.Slot slot : slots) {
      Tensor leaf = slot.parameter().tensor().detach().requires_grad_();
      values.put(slot.parameter(), leaf);
      leaves.add(leaf);
    }
    try (GradMode on = GradMode.enabled()) {
      try (Substitution substitution = Substitution.begin(values)) {
        outputs = pass.forward(batch);
      }
      u = loss.gradient(outputs.detach(), targets).detach().requires_grad_();
      if (outputs.requires_grad()) {
        TensorVector gradient =
            torch.grad(
                new TensorVector(outputs),
                Tensors.vector(leaves),
                new TensorVector(u),
                new BoolOptional(true),
                true,
                true);
        for (int k = 0; k < leaves.size(); k++) {
          Tensor g = new Tensor(gradient.get(k));
          if (g.defined() && g.requires_grad()) {
            nodes.add(g);
            nodeSlots.add(slots.get(k));
          }
        }
      }
    }
  }

  List<Tensor> products(List<Tensor> vectors) {
    return vectors.stream().map(v -> Scope.keeping(() -> product(v))).toList();
  }

  private Tensor product(Tensor v) {
    if (nodes.isEmpty()) {
      return torch.zeros_like(v);
    }
    List<Tensor> directions =
        nodeSlots.stream().map(slot -> Linearisation.direction(slot, v)).toList();
    List<Tensor> wanted = new ArrayList<>(leaves);
    wanted.add(u);
    List<Tensor> along = Tensors.gradients(nodes, directions, wanted, true);
    Tensor curved = loss.hessianProduct(outputs.detach(), targets, along.get(leaves.size()));
    List<Tensor> gaussNewton = Tensors.gradients(List.of(outputs), List.of(curved), leaves, true);
    List<Tensor> parts = new ArrayList<>();
    for (int k = 0; k < leaves.size(); k++) {
      parts.add(along.get(k).add(gaussNewton.get(k)).reshape(-1));
    }
    return Tensors.cat(parts, 0);
  }
}
