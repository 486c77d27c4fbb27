package io.nngeometry.fisher;

import io.nngeometry.data.Examples;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.Model;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What every description is about: whose derivatives, in which parameters, on which examples, and
 * what reading them may take.
 *
 * @param layers the parameters of interest, or null for all
 * @param fallback whether parameters that no rule covers are allowed
 */
record Subject(
    Model model,
    @Nullable Examples data,
    @Nullable LayerCollection layers,
    MemoryBudget budget,
    boolean fallback,
    BiConsumer<Long, Long> progress) {

  static Subject of(Model model) {
    return new Subject(model, null, null, MemoryBudget.ofMachine(), false, (done, all) -> {});
  }

  Subject on(Examples examples) {
    return new Subject(model, examples, layers, budget, fallback, progress);
  }

  Subject in(LayerCollection some) {
    return new Subject(model, data, some, budget, fallback, progress);
  }

  Subject within(MemoryBudget other) {
    return new Subject(model, data, layers, other, fallback, progress);
  }

  Subject withFallback() {
    return new Subject(model, data, layers, budget, true, progress);
  }

  Subject told(BiConsumer<Long, Long> listener) {
    return new Subject(model, data, layers, budget, fallback, listener);
  }

  /** A reading of the examples. */
  Pass pass() {
    if (data == null) {
      throw new IllegalStateException("no examples: call on(examples) first");
    }
    return pass(data);
  }

  /** A reading of other examples. */
  Pass pass(Examples examples) {
    LayerCollection collection = layers == null ? LayerCollection.of(model) : layers;
    return new Pass(model, collection, examples, fallback, progress);
  }
}
