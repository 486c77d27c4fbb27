package io.nngeometry.train;

import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Model;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The part of the labels that a model gets right. */
public final class Accuracy {
  private Accuracy() {}

  /**
   * The part of the labels that have the greatest logit, in batches.
   *
   * @param model gives (n, classes, positions...), or (n, 1), a logit that is positive for label 1
   * @param inputs (N, ...)
   * @param labels int64, (N, positions...)
   * @param batchSize examples at a time
   */
  public static double of(Model model, Tensor inputs, Tensor labels, long batchSize) {
    long examples = inputs.size(0);
    if (examples == 0 || labels.size(0) != examples || batchSize < 1) {
      throw new IllegalArgumentException(
          "%d examples and %d labels in batches of %d"
              .formatted(examples, labels.size(0), batchSize));
    }
    long right = 0;
    for (long start = 0; start < examples; start += batchSize) {
      long count = Math.min(batchSize, examples - start);
      try (Scope scope = Scope.open();
          GradMode none = GradMode.disabled()) {
        Tensor output = model.forward(inputs.narrow(0, start, count));
        Tensor guess =
            output.size(1) == 1
                ? output.gt(Tensors.scalar(0)).select(1, 0).to(ScalarType.Long)
                : output.argmax(new LongOptional(1), false);
        Tensor wanted = labels.narrow(0, start, count).reshape(Tensors.shape(guess));
        right += guess.eq(wanted).sum().item_long();
      }
    }
    return (double) right / labels.numel();
  }
}
