package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerGradients;
import io.nngeometry.layers.LayerInputs;
import io.nngeometry.layers.LayerUse;
import io.nngeometry.layers.LinearMapRule;
import io.nngeometry.layers.Parameter;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * F v where one cotangent an example stands for F. Its backward brings a signal s to every layer's
 * output; the coordinate of the example's gradient along v is then the sum over linear maps of the
 * inner product of s with what v changes there, and over other layers that of v with the gradient,
 * which is small. n F v is the gradient in v of half the sum of the squared coordinates. With the
 * forward that is 4/3 of a forward and backward, where J v and J^T u are 5/3 ({@link
 * Linearisation}), and every further vector 2/3 instead of 4/3.
 */
final class SignalProducts {
  private final RecordedBatch recorded;
  private final List<Layer.Slot> slots;
  private final Map<Layer, LayerGradients> others = new LinkedHashMap<>();
  private final Signals signals; // of linear maps

  /** Whether matrices of this kind have such products. */
  static boolean serve(Estimation estimation) {
    return estimation.estimator().trials().orElse(0) == 1
        && !estimation.centred()
        && !estimation.pass().fallback()
        && estimation.layers().layers().stream()
            .allMatch(layer -> layer.isLinearMap() || layer.gradientsAreSmall());
  }

  SignalProducts(Estimation estimation, RecordedBatch recorded) {
    this.recorded = recorded;
    this.slots =
        estimation.layers().layers().stream()
            .filter(Layer::isLinearMap)
            .flatMap(layer -> layer.slots().stream())
            .toList();
    List<LayerInputs> linear =
        recorded.inputs().values().stream().filter(in -> in.layer().isLinearMap()).toList();
    Tensor cotangent = estimation.cotangents(recorded.outputs(), recorded.batch()).get(0);
    try (Scope scope = Scope.open()) {
      Signals all = recorded.signals(cotangent, true);
      for (LayerInputs in : recorded.inputs().values()) {
        if (!in.layer().isLinearMap() && !all.none()) {
          LayerGradients gradients = all.at(in.afresh());
          scope.keep(gradients.perExample());
          others.put(in.layer(), gradients);
        }
      }
      this.signals = all.keeping(scope, linear);
    }
  }

  /**
   * Adds the sum over examples of g g^T v.
   *
   * @param v flat, (d)
   * @param total flat, (d)
   */
  void add(Tensor v, Tensor total) {
    try (Scope scope = Scope.open()) {
      Map<Parameter, Tensor> direction = new IdentityHashMap<>();
      for (Layer.Slot slot : slots) {
        direction.put(slot.parameter(), Linearisation.direction(slot, v).detach().requires_grad_());
      }
      Tensor coordinates = coordinates(v, direction);
      Tensor weights = coordinates.detach();
      others.forEach((layer, gradients) -> layer.of(total).add_(gradients.weightedSum(weights)));
      if (coordinates.requires_grad()) {
        List<Tensor> gradients =
            Tensors.gradients(
                coordinates,
                weights,
                slots.stream()
                    .map(s -> Objects.requireNonNull(direction.get(s.parameter())))
                    .toList(),
                false);
        for (int k = 0; k < gradients.size(); k++) {
          Linearisation.direction(slots.get(k), total).add_(gradients.get(k));
        }
      }
    }
  }

  /** Of every example's gradient along v, (n), differentiable in the directions of linear maps. */
  private Tensor coordinates(Tensor v, Map<Parameter, Tensor> direction) {
    Tensor total = Tensors.zeros(recorded.outputs(), recorded.size());
    others.forEach((layer, gradients) -> total.add_(gradients.dot(layer.of(v))));
    Tensor sum = total;
    for (LayerUse use : recorded.uses()) {
      Tensor signal = signals.byUse().get(use);
      if (signal != null) {
        // parameters beside those of interest do not change
        use.layer()
            .parameters()
            .forEach(p -> direction.computeIfAbsent(p, q -> torch.zeros_like(q.tensor())));
        Tensor before = sum;
        sum =
            Scope.keeping(
                () -> {
                  LinearMapRule map = use.layer().rule().asLinearMap().orElseThrow();
                  Tensor inner = map.change(use, direction::get).mul(signal);
                  return before.add(Tensors.flatten(inner).sum(1));
                });
      }
    }
    return sum;
  }
}
