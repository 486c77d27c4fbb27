package io.nngeometry.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** 1 / (1 + exp(-x)). */
public final class Sigmoid extends Module {
  @Override
  public Tensor forward(Tensor x) {
    return torch.sigmoid(x);
  }
}
