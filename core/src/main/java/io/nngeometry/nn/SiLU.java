package io.nngeometry.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** x times its sigmoid. */
public final class SiLU extends Module {
  @Override
  public Tensor forward(Tensor x) {
    return torch.silu(x);
  }
}
