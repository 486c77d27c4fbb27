package io.nngeometry.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** max(0, x). */
public final class ReLU extends Module {
  @Override
  public Tensor forward(Tensor x) {
    return torch.relu(x);
  }
}
