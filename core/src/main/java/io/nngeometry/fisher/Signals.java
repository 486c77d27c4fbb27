package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.layers.LayerGradients;
import io.nngeometry.layers.LayerInputs;
import io.nngeometry.layers.LayerUse;
import io.nngeometry.layers.StackedGradients;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;

/**
 * What one backward brought to every use of a layer.
 *
 * @param byUse empty if no layer of the collection reaches the outputs: all gradients are zero
 */
record Signals(Map<LayerUse, Tensor> byUse) {
  /** Whether all gradients are zero. */
  boolean none() {
    return byUse.isEmpty();
  }

  /** The gradients of a layer. */
  LayerGradients at(LayerInputs inputs) {
    return inputs.gradients(use -> Objects.requireNonNull(byUse.get(use)));
  }

  /** A layer's gradients for several cotangents, given what each brought. */
  static StackedGradients stack(List<Signals> signals, LayerInputs inputs) {
    return new StackedGradients(signals.stream().map(s -> s.at(inputs)).toList());
  }

  /** The gradients of the layers with these inputs, by id. */
  Map<String, LayerGradients> gradients(Map<String, LayerInputs> inputs) {
    Map<String, LayerGradients> result = new LinkedHashMap<>();
    if (!none()) {
      inputs.forEach((id, in) -> result.put(id, at(in)));
    }
    return result;
  }

  /**
   * Those of a layer, at other uses in place of its own, in tensors that outlive every scope and
   * must be closed.
   */
  Signals held(LayerInputs layer, Map<LayerUse, LayerUse> others) {
    Map<LayerUse, Tensor> held = new IdentityHashMap<>();
    for (LayerUse use : layer.uses()) {
      held.put(
          Objects.requireNonNull(others.get(use)),
          Scope.detach(new Tensor(Objects.requireNonNull(byUse.get(use)))));
    }
    return new Signals(held);
  }

  /** Those of some layers, the others of which go with the scope innermost now. */
  Signals keeping(Scope scope, Iterable<LayerInputs> layers) {
    Map<LayerUse, Tensor> kept = new IdentityHashMap<>();
    for (LayerInputs layer : layers) {
      for (LayerUse use : layer.uses()) {
        Tensor signal = byUse.get(use);
        if (signal != null) {
          kept.put(use, scope.keep(signal));
        }
      }
    }
    return new Signals(kept);
  }

  void release() {
    byUse.values().forEach(Tensor::close);
  }
}
