package io.nngeometry.io.program;

import org.bytedeco.pytorch.Tensor;

/**
 * Where the examples run in a tensor: along an axis that may also run over positions, slower ones
 * ({@code outer}) and faster ones ({@code inner}) than the examples.
 */
record BatchAxis(int axis, long outer, long inner) {
  /** The first axis, and nothing but it. */
  static final BatchAxis FIRST = new BatchAxis(0, 1, 1);

  /** Whether the axis runs over examples alone. */
  boolean isPlain() {
    return outer == 1 && inner == 1;
  }

  /** The same along another axis. */
  BatchAxis at(int other) {
    return new BatchAxis(other, outer, inner);
  }

  /** (..., outer * n * inner, ...) to (n, ..., outer, inner, ...); ones are left out. */
  Tensor toFront(Tensor t, long examples) {
    if (equals(FIRST)) {
      return t;
    }
    if (isPlain()) {
      return t.movedim(axis, 0);
    }
    long positions = t.size(axis) / examples;
    // a size may be symbolic: what is not one follows from the tensor
    long slow = inner == 1 ? positions : outer;
    return t.unflatten(axis, slow, examples, positions / slow).movedim(axis + 1, 0);
  }

  /** Undoes {@link #toFront}. */
  Tensor fromFront(Tensor t) {
    if (equals(FIRST)) {
      return t;
    }
    if (isPlain()) {
      return t.movedim(0, axis);
    }
    return t.movedim(0, axis + 1).flatten(axis, axis + 2);
  }
}
