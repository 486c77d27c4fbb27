package io.nngeometry.cli.training;

import io.nngeometry.data.Examples;
import io.nngeometry.data.Minibatch;
import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Model;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** How many classes a network tells rightly: those whose output is the greatest. */
public final class Accuracy {
  private Accuracy() {}

  /**
   * The share of the examples, or positions, that {@code model} classifies rightly; nothing if no
   * labels fit its outputs.
   *
   * @param classAxis where the classes stand in its outputs
   */
  public static OptionalDouble of(Model model, int classAxis, Examples data) {
    long[] counts = new long[2];
    try (GradMode none = GradMode.disabled()) {
      data.forEach(batch -> count(model, classAxis, batch, counts));
    }
    return counts[1] == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of((double) counts[0] / counts[1]);
  }

  private static void count(Model model, int classAxis, Minibatch batch, long[] counts) {
    try (Scope scope = Scope.open()) {
      Tensor outputs = model.forward(batch.inputs().toArray(Tensor[]::new));
      Optional<Tensor> labels =
          batch.labels().filter(t -> Tensors.type(t) == ScalarType.Long && outputs.dim() > 1);
      if (labels.isPresent()) {
        Tensor guesses = guesses(outputs, classAxis);
        if (Arrays.equals(Tensors.shape(guesses), Tensors.shape(labels.get()))) {
          counts[0] += (long) Tensors.item(guesses.eq(labels.get()).sum());
          counts[1] += guesses.numel();
        }
      }
    }
  }

  /** The classes of the greatest outputs. */
  static Tensor guesses(Tensor outputs, int classAxis) {
    return outputs.argmax(new LongOptional(classAxis), false);
  }
}
