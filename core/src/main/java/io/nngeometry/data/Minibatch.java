package io.nngeometry.data;

import io.nngeometry.engine.Tensors;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * Some examples.
 *
 * @param inputs what the model takes, each (n, ...)
 * @param labels (n, ...), where the data has any
 * @param first index of the first example in the stream, so that random numbers can belong to an
 *     example and not to a way of batching
 */
public record Minibatch(List<Tensor> inputs, Optional<Tensor> labels, long first) {
  /** Checks that all parts speak of the same number of examples, at least one. */
  public Minibatch {
    inputs = List.copyOf(inputs);
    if (inputs.isEmpty()) {
      throw new IllegalArgumentException("a minibatch needs an input");
    }
    long n = inputs.get(0).dim() == 0 ? 0 : inputs.get(0).size(0);
    if (n == 0) {
      throw new IllegalArgumentException("a minibatch needs at least one example");
    }
    for (Tensor t : inputs) {
      sameExamples("an input", t, n);
    }
    labels.ifPresent(t -> sameExamples("the labels", t, n));
  }

  private static void sameExamples(String what, Tensor t, long n) {
    if (t.dim() == 0 || t.size(0) != n) {
      throw new IllegalArgumentException(
          "%s has %s examples where the first input has %d"
              .formatted(what, t.dim() == 0 ? "no" : Long.toString(t.size(0)), n));
    }
  }

  /** Number of examples. */
  public long size() {
    return inputs.get(0).size(0);
  }

  /** What errors call it: {@code example 3}, or {@code examples 0 to 63}. */
  public String name() {
    return size() == 1
        ? "example " + first
        : "examples %d to %d".formatted(first, first + size() - 1);
  }

  /**
   * Fails if an input holds a NaN or an infinity.
   *
   * @throws IllegalArgumentException naming the examples
   */
  public void checkFinite() {
    for (Tensor t : inputs) {
      if (!Tensors.isFinite(t)) {
        throw new IllegalArgumentException(
            "the inputs of %s hold NaN or infinite values".formatted(name()));
      }
    }
  }
}
