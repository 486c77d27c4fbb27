package io.nngeometry.nn;

import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The mean of each window of an image. */
public final class AvgPool2d extends Module {
  private final PoolOptions options;

  /** Windows of size {@code kernel} side by side. */
  public AvgPool2d(long... kernel) {
    this(PoolOptions.of(kernel));
  }

  /** Windows as described. */
  public AvgPool2d(PoolOptions options) {
    if (options.dilation[0] != 1 || options.dilation[1] != 1) {
      throw new IllegalArgumentException("average pooling has no dilation");
    }
    this.options = options;
  }

  @Override
  public Tensor forward(Tensor x) {
    return torch.avg_pool2d(
        x,
        options.kernel,
        options.stride,
        options.padding,
        options.ceil,
        options.countPadding,
        new LongOptional());
  }
}
