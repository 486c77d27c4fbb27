package io.nngeometry.fisher;

import io.nngeometry.layers.LayerInputs;
import io.nngeometry.layers.LayerUse;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What remains of a minibatch when it has been read: the inputs of linear maps and their signals of
 * all cotangents. A second reading of it, which only they need, takes neither forward nor backward.
 *
 * @param examples how many
 * @param inputs by layer id
 * @param signals of every cotangent
 * @param uses whose tensors are held
 */
record HeldBatch(
    long examples, Map<String, LayerInputs> inputs, List<Signals> signals, List<LayerUse> uses)
    implements AutoCloseable {

  static HeldBatch of(RecordedBatch recorded, List<Signals> signals) {
    Map<LayerUse, LayerUse> held = new IdentityHashMap<>();
    Map<String, LayerInputs> inputs = new LinkedHashMap<>();
    recorded
        .inputs()
        .forEach(
            (id, in) -> {
              if (in.outer()) {
                in.uses().forEach(use -> held.computeIfAbsent(use, LayerUse::held));
                inputs.put(id, in.of(held::get));
              }
            });
    return new HeldBatch(
        recorded.size(),
        inputs,
        signals.stream().map(s -> s.held(held)).toList(),
        List.copyOf(held.values()));
  }

  @Override
  public void close() {
    signals.forEach(Signals::release);
    uses.forEach(LayerUse::release);
  }
}
