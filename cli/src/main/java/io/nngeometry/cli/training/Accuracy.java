package io.nngeometry.cli.training;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Model;
import io.nngeometry.models.data.LabelledImages;
import org.bytedeco.pytorch.Tensor;

/** How often a classifier is right. */
public final class Accuracy {
  private static final int BATCH = 256;

  private Accuracy() {}

  /** The share of {@code data} that {@code model} classifies rightly. */
  public static double of(Model model, LabelledImages data) {
    long[] right = {0};
    try (GradMode none = GradMode.disabled()) {
      Examples.of(data.images(), data.labels())
          .batches(BATCH)
          .forEach(
              batch -> {
                Tensor outputs = model.forward(batch.inputs().toArray(Tensor[]::new));
                right[0] += right(outputs, batch.labels().orElseThrow());
              });
    }
    return (double) right[0] / data.size();
  }

  /** How many examples have their greatest output, (n, c), at their label, (n). */
  static long right(Tensor outputs, Tensor labels) {
    try (Scope scope = Scope.open()) {
      Tensor best = outputs.detach().argmax(new org.bytedeco.pytorch.LongOptional(1), false);
      return Math.round(Tensors.item(best.eq(labels).sum()));
    }
  }
}
