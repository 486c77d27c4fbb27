package io.nngeometry.engine;

import org.bytedeco.pytorch.Tensor;

/**
 * Matrices (n, groups, rows, columns) as the BLAS reads them: one of the last two axes has its
 * numbers next to each other.
 */
final class Operand {
  private final Tensor tensor;
  private final boolean transposed;
  private final int lead;
  private final long[] strides = new long[4];

  private Operand(Tensor tensor, boolean transposed) {
    this.tensor = tensor;
    this.transposed = transposed;
    for (int axis = 0; axis < strides.length; axis++) {
      strides[axis] = tensor.stride(axis);
    }
    int across = transposed ? 3 : 2;
    // of a single row the stride means nothing, and the BLAS wants a length
    lead = Math.toIntExact(tensor.size(across) == 1 ? tensor.size(5 - across) : strides[across]);
  }

  /** The same matrices, copied if neither axis is dense. */
  static Operand of(Tensor t) {
    if (isDense(t, 3, 2)) {
      return new Operand(t, false);
    }
    return isDense(t, 2, 3) ? new Operand(t, true) : new Operand(t.contiguous(), false);
  }

  private static boolean isDense(Tensor t, int axis, int across) {
    boolean next = t.size(axis) == 1 || t.stride(axis) == 1;
    return next && (t.size(across) == 1 || t.stride(across) >= t.size(axis));
  }

  /** Where the matrices are. */
  Tensor tensor() {
    return tensor;
  }

  /** Whether columns are dense, not rows. */
  boolean transposed() {
    return transposed;
  }

  /** Numbers from one row to the next, or from one column. */
  int lead() {
    return lead;
  }

  /** Where the part of matrix (i, group) begins that has a row and a column for its first. */
  long at(long i, long group, long row, long column) {
    return i * strides[0] + group * strides[1] + row * strides[2] + column * strides[3];
  }
}
