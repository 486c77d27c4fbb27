package io.nngeometry.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Means over windows chosen so that the image gets a given size. */
public final class AdaptiveAvgPool2d extends Module {
  private final long height;
  private final long width;

  /** A square image. */
  public AdaptiveAvgPool2d(long size) {
    this(size, size);
  }

  /** An image of the given size. */
  public AdaptiveAvgPool2d(long height, long width) {
    this.height = Inputs.positive("height", height);
    this.width = Inputs.positive("width", width);
  }

  @Override
  public Tensor forward(Tensor x) {
    return torch.adaptive_avg_pool2d(x, height, width);
  }
}
