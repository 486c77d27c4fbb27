package io.nngeometry.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The hyperbolic tangent. */
public final class Tanh extends Module {
  @Override
  public Tensor forward(Tensor x) {
    return torch.tanh(x);
  }
}
