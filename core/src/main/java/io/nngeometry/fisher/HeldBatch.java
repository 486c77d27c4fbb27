package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Workers;
import io.nngeometry.layers.LayerInputs;
import io.nngeometry.layers.LayerUse;
import io.nngeometry.layers.StackedGradients;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.pytorch.Tensor;

/**
 * What remains of a minibatch when it has been read: of each linear map the gradients of all
 * cotangents, or its inputs and signals where those are fewer numbers. A second reading of it takes
 * neither forward nor backward.
 *
 * @param gradients (K, n, p) by layer id
 * @param inputs of other layers, by id
 * @param signals of these, of every cotangent
 * @param uses whose tensors are held
 */
record HeldBatch(
    Map<String, Tensor> gradients,
    Map<String, LayerInputs> inputs,
    List<Signals> signals,
    List<LayerUse> uses)
    implements AutoCloseable {

  static HeldBatch of(RecordedBatch recorded, List<Signals> signals) {
    Map<String, Tensor> gradients = new ConcurrentHashMap<>();
    Map<LayerUse, LayerUse> held = new IdentityHashMap<>();
    Map<String, LayerInputs> inputs = new LinkedHashMap<>();
    List<LayerInputs> linear =
        signals.get(0).none()
            ? List.of()
            : recorded.inputs().values().stream().filter(LayerInputs::outer).toList();
    for (LayerInputs in : linear) {
      if (!in.gradientsAreSmaller(signals.size())) {
        in.uses().forEach(use -> held.computeIfAbsent(use, LayerUse::held));
        inputs.put(in.layer().id(), in.of(held::get));
      }
    }
    Workers.forEach(
        linear.stream().filter(in -> !inputs.containsKey(in.layer().id())).toList(),
        in -> in.operations() * signals.size(),
        in -> gradients.put(in.layer().id(), gradients(in.afresh(), signals)));
    return new HeldBatch(
        gradients,
        inputs,
        signals.stream().map(s -> s.held(held)).toList(),
        List.copyOf(held.values()));
  }

  private static Tensor gradients(LayerInputs in, List<Signals> signals) {
    return Scope.detach(Signals.stack(signals, in).perExample(in.layer().size()));
  }

  /** Multiplications and additions that turning a layer's gradients takes, about. */
  double operations(String layer) {
    LayerInputs in = inputs.get(layer);
    if (in != null) {
      return in.operations() * signals.size();
    }
    Tensor mine = gradients.get(layer);
    // two products with matrices of the sides' size
    return mine == null ? 0 : 4.0 * mine.numel() * Math.sqrt(mine.size(2));
  }

  /** A layer's gradients, unless it was not used. */
  Optional<StackedGradients> stack(String layer) {
    Tensor mine = gradients.get(layer);
    if (mine != null) {
      return Optional.of(StackedGradients.of(mine));
    }
    return Optional.ofNullable(inputs.get(layer)).map(in -> Signals.stack(signals, in.afresh()));
  }

  @Override
  public void close() {
    gradients.values().forEach(Tensor::close);
    signals.forEach(Signals::release);
    uses.forEach(LayerUse::release);
  }
}
