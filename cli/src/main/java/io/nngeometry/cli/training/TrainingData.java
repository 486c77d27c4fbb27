package io.nngeometry.cli.training;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.models.data.Dataset;
import io.nngeometry.train.TrainingSet;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Labelled examples to train on, and held-out ones. It owns both.
 *
 * @param train the larger part
 * @param test the part that training never sees
 */
public record TrainingData(Dataset train, Dataset test) implements AutoCloseable {

  /** Checks that there are labels, integers: one an example, or one a position. */
  public TrainingData {
    for (Dataset part : new Dataset[] {train, test}) {
      Tensor labels =
          part.targets()
              .orElseThrow(() -> new IllegalArgumentException("the examples need labels"));
      try (labels) {
        if (labels.dim() < 1 || Tensors.type(labels) != ScalarType.Long) {
          throw new IllegalArgumentException(
              "the labels must be integers, one an example or a position, not %s of shape %s"
                  .formatted(Tensors.type(labels), Arrays.toString(Tensors.shape(labels))));
        }
      }
    }
  }

  /**
   * The number of classes: as many as have names, or one more than the greatest label; where the
   * inputs are tokens, than the greatest of these too.
   */
  public int classes() {
    return train.classes().isEmpty()
        ? 1 + (int) Math.max(greatest(train), greatest(test))
        : train.classes().size();
  }

  private static long greatest(Dataset part) {
    try (Scope scope = Scope.open()) {
      long label = part.targets().orElseThrow().max().item_long();
      boolean tokens = Tensors.type(part.take(1).inputs()) == ScalarType.Long;
      return tokens ? Math.max(label, part.stored().max().item_long()) : label;
    }
  }

  /** The part to train on, as a trainer reads it. */
  TrainingSet trainingSet() {
    return new TrainingSet() {
      @Override
      public long size() {
        return train.size();
      }

      @Override
      public Tensor inputs(Tensor indices) {
        try (Dataset chosen = chosen(indices)) {
          return chosen.inputs();
        }
      }

      @Override
      public Tensor targets(Tensor indices) {
        try (Dataset chosen = chosen(indices)) {
          return chosen.targets().orElseThrow();
        }
      }

      private Dataset chosen(Tensor indices) {
        return train.select(
            Arrays.stream(Tensors.toLongArray(indices)).mapToInt(Math::toIntExact).toArray());
      }
    };
  }

  @Override
  public void close() {
    train.close();
    test.close();
  }
}
