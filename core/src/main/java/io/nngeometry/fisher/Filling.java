package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.layers.LayerGradients;
import io.nngeometry.layers.LayerInputs;
import io.nngeometry.layers.StackedGradients;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * How running sums are filled from a minibatch: some cotangent by cotangent with all layers, as
 * backward brings them, and some layer by layer with several cotangents.
 */
final class Filling {
  /** Cotangents of which the signals are held at once; more would gain little. */
  static final int MOST = 16;

  /** Of so many cotangents, those whose signals are held at once. */
  static int together(int cotangents) {
    return Math.min(cotangents, MOST);
  }

  private final List<Accumulator> all;
  private final List<Accumulator> byCotangent = new ArrayList<>();
  private final Map<String, List<LayerSum>> byLayer = new LinkedHashMap<>();

  Filling(Collection<? extends Accumulator> accumulators) {
    all = List.copyOf(accumulators);
    for (Accumulator a : all) {
      List<LayerSum> sums = a.byLayer();
      if (sums.isEmpty()) {
        byCotangent.add(a);
      }
      sums.forEach(s -> byLayer.computeIfAbsent(s.layer().id(), id -> new ArrayList<>()).add(s));
    }
  }

  /** Adds a minibatch: one backward for each cotangent. */
  void fill(RecordedBatch recorded, Cotangents cotangents) {
    int count = cotangents.count(); // here, for what it computes lives in this scope
    Map<String, LayerInputs> inputs = recorded.inputs();
    begin(inputs, recorded.size(), count);
    int together = byLayer.isEmpty() ? 1 : together(count);
    for (int first = 0; first < count; first += together) {
      try (Scope scope = Scope.open()) {
        List<Signals> signals = new ArrayList<>();
        List<Tensor> columns = cotangents.some(first, Math.min(together, count - first));
        for (int k = first; k < first + columns.size(); k++) {
          Signals mine = recorded.signals(columns.get(k - first), k == count - 1);
          fillOne(inputs, recorded.size(), mine, k);
          signals.add(mine);
        }
        fillStacks(inputs, signals, first, together == count);
      }
    }
  }

  /** Adds a minibatch of which the signals of all cotangents are at hand. */
  void fill(Map<String, LayerInputs> inputs, long examples, List<Signals> signals) {
    begin(inputs, examples, signals.size());
    for (int k = 0; k < signals.size(); k++) {
      fillOne(inputs, examples, signals.get(k), k);
    }
    fillStacks(inputs, signals, 0, true);
  }

  private void begin(Map<String, LayerInputs> inputs, long examples, int cotangents) {
    inputs.values().forEach(in -> in.expect(cotangents));
    for (Accumulator a : all) {
      try (Scope scope = Scope.open()) {
        a.begin(inputs, examples, cotangents);
      }
    }
  }

  private void fillOne(
      Map<String, LayerInputs> inputs, long examples, Signals signals, int cotangent) {
    if (!byCotangent.isEmpty()) {
      try (Scope scope = Scope.open()) {
        Map<String, LayerGradients> gradients = signals.gradients(inputs);
        byCotangent.forEach(a -> a.gradients(gradients, examples, cotangent));
      }
    }
  }

  /**
   * @param once whether these are all: then a layer's inputs are needed once, and go with it
   */
  private void fillStacks(
      Map<String, LayerInputs> inputs, List<Signals> signals, int first, boolean once) {
    byLayer.forEach(
        (id, sums) -> {
          LayerInputs kept = inputs.get(id);
          try (Scope scope = Scope.open()) {
            if (kept == null || signals.get(0).none()) {
              sums.forEach(s -> s.nothing(first, signals.size()));
            } else {
              LayerInputs in = once ? kept.afresh() : kept;
              var stack = new StackedGradients(signals.stream().map(s -> s.at(in)).toList());
              sums.forEach(s -> s.gradients(stack, first));
            }
          }
        });
  }
}
