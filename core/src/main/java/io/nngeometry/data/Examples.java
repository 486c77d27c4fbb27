package io.nngeometry.data;

import io.nngeometry.engine.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A data set that is read in minibatches, any number of times, in the same order. The last
 * minibatch may be short; it counts as what it is.
 */
public interface Examples {
  /** Number of examples, at least one. */
  long size();

  /**
   * Reads all minibatches in order, each in a scope of its own: what the consumer wants to keep it
   * copies or detaches.
   */
  void forEach(Consumer<Minibatch> consumer);

  /** The minibatches' greatest size. */
  long batchSize();

  /** The same examples in minibatches of {@code size}. */
  Examples batches(long size);

  /** The first {@code count} examples, or all if there are fewer. */
  Examples first(long count);

  /** Inputs without labels. */
  static Examples of(Tensor inputs) {
    return new InMemory(List.of(inputs), null, defaultBatch(inputs));
  }

  /** Inputs with labels. */
  static Examples of(Tensor inputs, Tensor labels) {
    return new InMemory(List.of(inputs), labels, defaultBatch(inputs));
  }

  /** Several inputs to a model, with labels or null. */
  static Examples of(List<Tensor> inputs, @Nullable Tensor labels) {
    return new InMemory(inputs, labels, inputs.isEmpty() ? 1 : defaultBatch(inputs.get(0)));
  }

  private static long defaultBatch(Tensor inputs) {
    return inputs.dim() == 0 ? 1 : Math.max(1, Math.min(64, inputs.size(0)));
  }

  /** Examples held in tensors; minibatches are views. */
  final class InMemory implements Examples {
    private final Minibatch all;
    private final long batchSize;

    InMemory(List<Tensor> inputs, @Nullable Tensor labels, long batchSize) {
      this(new Minibatch(inputs, Optional.ofNullable(labels), 0), batchSize);
    }

    private InMemory(Minibatch all, long batchSize) {
      if (batchSize < 1) {
        throw new IllegalArgumentException(
            "a minibatch needs at least one example, not " + batchSize);
      }
      this.all = all;
      this.batchSize = batchSize;
    }

    @Override
    public long size() {
      return all.size();
    }

    @Override
    public long batchSize() {
      return batchSize;
    }

    @Override
    public Examples batches(long size) {
      return new InMemory(all, size);
    }

    @Override
    public Examples first(long count) {
      long n = Math.min(count, size());
      return new InMemory(
          new Minibatch(
              all.inputs().stream().map(t -> t.narrow(0, 0, n)).toList(),
              all.labels().map(y -> y.narrow(0, 0, n)),
              all.first()),
          batchSize);
    }

    @Override
    public void forEach(Consumer<Minibatch> consumer) {
      for (long start = 0; start < size(); start += batchSize) {
        long first = start;
        long count = Math.min(batchSize, size() - start);
        try (Scope scope = Scope.open()) {
          List<Tensor> inputs = new ArrayList<>();
          for (Tensor t : all.inputs()) {
            inputs.add(t.narrow(0, first, count));
          }
          consumer.accept(
              new Minibatch(inputs, all.labels().map(y -> y.narrow(0, first, count)), first));
        }
      }
    }
  }
}
