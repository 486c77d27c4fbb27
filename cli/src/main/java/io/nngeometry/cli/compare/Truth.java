package io.nngeometry.cli.compare;

import io.nngeometry.operators.PMat;

/**
 * The matrix that the others are held against.
 *
 * @param matrix the implicit matrix
 * @param trace its trace
 */
public record Truth(PMat matrix, double trace) implements AutoCloseable {
  static Truth of(PMat matrix) {
    return new Truth(matrix, matrix.trace());
  }

  @Override
  public void close() {
    matrix.close();
  }
}
