package io.nngeometry.engine;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** Affine maps of the last axis. */
public final class Affine {
  private Affine() {}

  /**
   * x W^T + b.
   *
   * @param x (n, ..., in)
   * @param weight (out, in)
   * @param bias (out), or null
   */
  public static Tensor forward(Tensor x, Tensor weight, @Nullable Tensor bias) {
    return ForwardMode.linear(
        x, weight, bias, (in, w, b) -> torch.linear(in, w, Tensors.optional(b)));
  }
}
