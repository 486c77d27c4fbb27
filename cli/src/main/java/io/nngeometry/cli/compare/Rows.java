package io.nngeometry.cli.compare;

import org.bytedeco.pytorch.Tensor;

/** Numbers of the rows of two matrices (V, d), row by row, in float64. */
final class Rows {
  private Rows() {}

  /** Inner products. */
  static double[] dots(Tensor a, Tensor b) {
    return io.nngeometry.audit.Rows.dots(a, b);
  }

  /** Cosines of the angles. */
  static double[] cosines(Tensor a, Tensor b) {
    return io.nngeometry.audit.Rows.cosines(a, b);
  }
}
