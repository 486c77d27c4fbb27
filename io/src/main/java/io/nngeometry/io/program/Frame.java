package io.nngeometry.io.program;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The values of one run of a program, by slot. */
final class Frame {
  private final @Nullable Object[] values;
  private final long examples;
  private final Tensor anyInput;

  /**
   * @param size number of slots
   * @param anyInput a tensor whose first axis runs over the examples
   */
  Frame(int size, Tensor anyInput) {
    this.values = new Object[size];
    this.anyInput = anyInput;
    this.examples = anyInput.dim() == 0 ? 1 : anyInput.size(0);
  }

  private Frame(Frame other, Tensor anyInput) {
    this.values = Arrays.copyOf(other.values, other.values.length);
    this.anyInput = anyInput;
    this.examples = anyInput.dim() == 0 ? 1 : anyInput.size(0);
  }

  /** The same values, to which a computation aside may add its own. */
  Frame aside() {
    return new Frame(this, anyInput);
  }

  /** The same values, to which a run on such examples adds its own. */
  Frame begin(Tensor someInput) {
    return new Frame(this, someInput);
  }

  /** Number of examples. */
  long examples() {
    return examples;
  }

  /** A tensor whose first axis runs over the examples. */
  Tensor anyInput() {
    return anyInput;
  }

  void put(int slot, Object value) {
    values[slot] = value;
  }

  @Nullable Object get(int slot) {
    return values[slot];
  }

  Tensor tensor(int slot) {
    if (values[slot] instanceof Tensor t) {
      return t;
    }
    throw new IllegalStateException("a call takes a number where it needs a tensor");
  }

  long number(int slot) {
    if (values[slot] instanceof Number n) {
      return n.longValue();
    }
    throw new IllegalStateException("a call takes a tensor where it needs a number");
  }
}
