package io.nngeometry.models.data;

import io.nngeometry.data.Examples;
import io.nngeometry.data.Minibatch;
import io.nngeometry.engine.Scope;
import java.util.List;
import java.util.function.Consumer;

/**
 * The first examples of a data set, decoded a minibatch at a time.
 *
 * @param data the data set
 * @param size how many of its examples
 * @param batchSize of minibatches
 */
record DatasetExamples(Dataset data, long size, long batchSize) implements Examples {
  DatasetExamples {
    if (size < 1 || batchSize < 1) {
      throw new IllegalArgumentException(
          "examples and a minibatch need at least one example, not %d and %d"
              .formatted(size, batchSize));
    }
  }

  DatasetExamples(Dataset data, long batchSize) {
    this(data, data.size(), batchSize);
  }

  @Override
  public void forEach(Consumer<Minibatch> consumer) {
    for (long start = 0; start < size; start += batchSize) {
      try (Scope scope = Scope.open()) {
        long end = Math.min(size, start + batchSize);
        consumer.accept(
            new Minibatch(List.of(data.inputs(start, end)), data.targets(start, end), start));
      }
    }
  }

  @Override
  public Examples batches(long other) {
    return new DatasetExamples(data, size, other);
  }

  @Override
  public Examples first(long count) {
    return new DatasetExamples(data, Math.min(count, size), batchSize);
  }
}
