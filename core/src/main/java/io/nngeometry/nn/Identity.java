package io.nngeometry.nn;

import org.bytedeco.pytorch.Tensor;

/** Its input. */
public final class Identity extends Module {
  @Override
  public Tensor forward(Tensor x) {
    return x;
  }
}
