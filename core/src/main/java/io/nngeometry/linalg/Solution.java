package io.nngeometry.linalg;

import org.bytedeco.pytorch.Tensor;

/**
 * An approximate solution and how good it is.
 *
 * @param x (m, d)
 * @param products operator applications used, each to all rows
 * @param relativeResidual the greatest over the rows, computed from x
 * @param converged whether that is within the tolerance
 */
public record Solution(Tensor x, int products, double relativeResidual, boolean converged)
    implements AutoCloseable {
  @Override
  public void close() {
    x.close();
  }
}
