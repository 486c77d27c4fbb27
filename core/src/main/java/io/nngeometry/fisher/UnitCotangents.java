package io.nngeometry.fisher;

import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** One cotangent for each output, zero but there: their gradients are the Jacobian. */
final class UnitCotangents extends Cotangents {
  private final Tensor outputs;

  /**
   * @param outputs (n, ...)
   */
  UnitCotangents(Tensor outputs) {
    this.outputs = outputs;
  }

  @Override
  public int count() {
    return Math.toIntExact(outputs.numel() / outputs.size(0));
  }

  @Override
  public Tensor get(int k) {
    Tensor unit = torch.zeros_like(outputs);
    Tensors.flatten(unit).select(1, k).fill_(new Scalar(1));
    return unit;
  }
}
