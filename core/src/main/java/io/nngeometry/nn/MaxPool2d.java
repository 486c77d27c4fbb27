package io.nngeometry.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The greatest value of each window of an image. */
public final class MaxPool2d extends Module {
  private final PoolOptions options;

  /** Windows of size {@code kernel} side by side. */
  public MaxPool2d(long... kernel) {
    this(PoolOptions.of(kernel));
  }

  /** Windows as described. */
  public MaxPool2d(PoolOptions options) {
    this.options = options;
  }

  @Override
  public Tensor forward(Tensor x) {
    return torch.max_pool2d(
        x, options.kernel, options.stride, options.padding, options.dilation, options.ceil);
  }
}
