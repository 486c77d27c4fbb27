package io.nngeometry.train;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A mean over examples, and over positions where there are any, of how wrong outputs are. */
@FunctionalInterface
public interface Loss {
  /**
   * The loss of a minibatch.
   *
   * @param output the model's, (n, ...)
   * @param target what is wanted, (n, ...)
   * @return one number, a node of the graph
   */
  Tensor of(Tensor output, Tensor target);

  /** Cross entropy of logits (n, classes, positions...) and int64 labels (n, positions...). */
  static Loss crossEntropy() {
    return crossEntropy(1);
  }

  /**
   * Cross entropy of logits and labels, whose shape is that of the logits without the class axis.
   *
   * @param classAxis where the classes stand: 1, or -1 for (n, positions..., classes)
   */
  static Loss crossEntropy(int classAxis) {
    return (logits, labels) -> {
      checkLabels(logits, labels, classAxis);
      Tensor logp = torch.log_softmax(logits, classAxis);
      return logp.gather(classAxis, labels.unsqueeze(classAxis)).mean().neg();
    };
  }

  /** Mean over all elements of the squared difference. */
  static Loss meanSquaredError() {
    return (output, target) -> {
      checkShape(output, target);
      Tensor difference = output.sub(target.to(output.scalar_type()));
      return difference.mul(difference).mean();
    };
  }

  /** Mean over all elements of the cross entropy of independent logits; targets are 0 to 1. */
  static Loss binaryCrossEntropy() {
    return (logits, target) -> {
      checkShape(logits, target);
      return torch.binary_cross_entropy_with_logits(logits, target.to(logits.scalar_type()));
    };
  }

  private static void checkShape(Tensor output, Tensor target) {
    if (!Arrays.equals(Tensors.shape(output), Tensors.shape(target))) {
      throw new IllegalArgumentException(
          "targets of shape %s do not fit outputs of shape %s"
              .formatted(
                  Arrays.toString(Tensors.shape(target)), Arrays.toString(Tensors.shape(output))));
    }
  }

  private static void checkLabels(Tensor logits, Tensor labels, int classAxis) {
    if (labels.scalar_type().intern() != torch.ScalarType.Long) {
      throw new IllegalArgumentException(
          "labels must be int64, got " + labels.scalar_type().intern());
    }
    try (Scope scope = Scope.open()) {
      checkShape(logits.select(classAxis, 0), labels);
      long classes = logits.size(classAxis);
      if (labels.numel() > 0
          && (labels.min().item_long() < 0 || labels.max().item_long() >= classes)) {
        throw new IllegalArgumentException(
            "labels must be 0 to %d, got %d to %d"
                .formatted(classes - 1, labels.min().item_long(), labels.max().item_long()));
      }
    }
  }
}
