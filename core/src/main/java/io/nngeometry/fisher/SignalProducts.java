package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerUse;
import io.nngeometry.layers.Parameter;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * F v where one cotangent an example stands for F. Its backward brings a signal s to every layer's
 * output; the coordinate of the example's gradient along v is then the sum over layers of the inner
 * product of s with what v changes there, and n F v is the gradient in v of half the sum of the
 * squared coordinates. With the forward that is 4/3 of a forward and backward, where J v and J^T u
 * are 5/3 ({@link Linearisation}), and every further vector 2/3 instead of 4/3.
 */
final class SignalProducts {
  private final RecordedBatch recorded;
  private final List<Layer.Slot> slots;
  private final Signals signals;

  /** Whether matrices of this kind have such products: layers must be linear in parameters. */
  static boolean serve(Estimation estimation) {
    return estimation.estimator().trials().orElse(0) == 1
        && !estimation.centred()
        && !estimation.pass().fallback()
        && estimation.layers().layers().stream().allMatch(Layer::linear);
  }

  SignalProducts(Estimation estimation, RecordedBatch recorded) {
    this.recorded = recorded;
    this.slots = estimation.layers().slots();
    Tensor cotangent = estimation.cotangents(recorded.outputs(), recorded.batch()).get(0);
    this.signals = recorded.signals(cotangent, true);
  }

  /**
   * Adds the sum over examples of g g^T v.
   *
   * @param v flat, (d)
   * @param total flat, (d)
   */
  void add(Tensor v, Tensor total) {
    if (signals.none()) {
      return;
    }
    try (Scope scope = Scope.open()) {
      Map<Parameter, Tensor> direction = new IdentityHashMap<>();
      for (Layer.Slot slot : slots) {
        direction.put(slot.parameter(), Linearisation.direction(slot, v).detach().requires_grad_());
      }
      for (LayerUse use : recorded.uses()) {
        // those beside the parameters of interest do not change
        use.layer()
            .parameters()
            .forEach(p -> direction.computeIfAbsent(p, q -> torch.zeros_like(q.tensor())));
      }
      Tensor coordinates = coordinates(direction);
      List<Tensor> gradients =
          Tensors.gradients(
              coordinates,
              coordinates.detach(),
              slots.stream()
                  .map(s -> Objects.requireNonNull(direction.get(s.parameter())))
                  .toList(),
              false);
      for (int k = 0; k < gradients.size(); k++) {
        Linearisation.direction(slots.get(k), total).add_(gradients.get(k));
      }
    }
  }

  /** Of every example's gradient along the direction, (n), differentiable in it. */
  private Tensor coordinates(Map<Parameter, Tensor> direction) {
    Tensor total = Tensors.zeros(recorded.outputs(), recorded.size());
    for (LayerUse use : recorded.uses()) {
      Tensor before = total;
      total =
          Scope.keeping(
              () -> {
                Tensor change =
                    use.layer().rule().change().orElseThrow().along(use, direction::get);
                Tensor inner = change.mul(signals.byUse().get(use));
                return before.add(Tensors.flatten(inner).sum(1));
              });
    }
    return total;
  }
}
