package io.nngeometry.fisher;

import io.nngeometry.data.Examples;
import io.nngeometry.data.Minibatch;
import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.Model;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One reading of the examples through the model: what every product and every estimate shares, with
 * all the checks of what the user brought.
 *
 * @param model the network
 * @param layers its parameters of interest
 * @param data the examples
 * @param fallback whether parameters that no rule covers are allowed, at the price of minibatches
 *     of one
 * @param progress told the examples done and their number
 */
record Pass(
    Model model,
    LayerCollection layers,
    Examples data,
    boolean fallback,
    BiConsumer<Long, Long> progress) {

  private static final BiConsumer<Long, Long> SILENT = (done, all) -> {};

  static Pass of(Model model, LayerCollection layers, Examples data) {
    return new Pass(model, layers, data, false, SILENT);
  }

  Pass quiet() {
    return new Pass(model, layers, data, fallback, SILENT);
  }

  /** The same with other examples. */
  Pass over(Examples others) {
    return new Pass(model, layers, others, fallback, progress);
  }

  /** Fails on a model that no geometry can be taken of. */
  void checkModel() {
    List<String> training = model.partsInTraining();
    if (!training.isEmpty()) {
      throw new IllegalStateException(
          "%s is in training mode, in which examples depend on each other or on chance: call eval()"
              .formatted(String.join(", ", training)));
    }
    ScalarType type = dtype();
    for (Layer.Slot slot : layers.slots()) {
      Tensor t = slot.parameter().tensor();
      if (Tensors.type(t) != type) {
        throw new IllegalStateException(
            "parameter %s is %s where others are %s: convert the model with to(...)"
                .formatted(slot.name(), Tensors.type(t), type));
      }
      if (!Tensors.isFinite(t)) {
        throw new IllegalStateException(
            "parameter %s holds NaN or infinite values".formatted(slot.name()));
      }
    }
  }

  /** The parameters' type. */
  ScalarType dtype() {
    return Tensors.type(like());
  }

  /** Any parameter, to make tensors like it. */
  Tensor like() {
    return layers.slots().get(0).parameter().tensor();
  }

  /** Reads the minibatches in order, checked. */
  void forEachBatch(Consumer<Minibatch> consumer) {
    checkModel();
    Examples examples = fallback ? data.batches(1) : data;
    long all = examples.size();
    examples.forEach(
        batch -> {
          check(batch);
          consumer.accept(batch);
          progress.accept(batch.first() + batch.size(), all);
        });
  }

  private void check(Minibatch batch) {
    batch.checkFinite();
    for (Tensor input : batch.inputs()) {
      if (input.is_floating_point() && Tensors.type(input) != dtype()) {
        throw new IllegalArgumentException(
            "the inputs are %s and the parameters %s: convert one of them"
                .formatted(Tensors.type(input), dtype()));
      }
    }
  }

  /** Reads the minibatches in order, each with its recorded forward pass. */
  void forEachRecorded(Consumer<RecordedBatch> consumer) {
    forEachBatch(
        batch -> {
          try (Scope scope = Scope.open();
              GradMode on = GradMode.enabled()) {
            consumer.accept(RecordedBatch.of(this, batch));
          }
        });
  }

  /** Applies the model, with errors that name the examples. */
  Tensor forward(Minibatch batch) {
    Tensor outputs;
    try {
      outputs = model.forward(batch.inputs().toArray(Tensor[]::new));
    } catch (RuntimeException e) {
      String native_ = e.getMessage();
      if (e.getClass() != RuntimeException.class || native_ == null) {
        throw e;
      }
      throw new IllegalArgumentException(
          "the model failed on %s of shape %s: %s"
              .formatted(
                  batch.name(),
                  Arrays.toString(Tensors.shape(batch.inputs().get(0))),
                  native_.lines().findFirst().orElse("")),
          e);
    }
    if (outputs.dim() == 0 || outputs.size(0) != batch.size()) {
      throw new IllegalArgumentException(
          "the model gave outputs of shape %s for %d examples: the first axis must run over examples"
              .formatted(Arrays.toString(Tensors.shape(outputs)), batch.size()));
    }
    if (!Tensors.isFinite(outputs)) {
      throw new IllegalStateException(
          "the model's outputs on %s hold NaN or infinite values".formatted(batch.name()));
    }
    return outputs;
  }
}
