package io.nngeometry.fisher;

import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Tensor;

/** The rows of a linear map of the outputs, the same for every example, as cotangents. */
final class HeadCotangents extends Cotangents {
  private final Tensor head;
  private final Tensor outputs;

  /**
   * @param head (r, c)
   * @param outputs (n, ...) of c numbers each
   */
  HeadCotangents(Tensor head, Tensor outputs) {
    this.head = head;
    this.outputs = outputs;
  }

  @Override
  public int count() {
    return (int) head.size(0);
  }

  @Override
  public Tensor get(int k) {
    return head.select(0, k).expand(outputs.size(0), head.size(1)).reshape(Tensors.shape(outputs));
  }
}
