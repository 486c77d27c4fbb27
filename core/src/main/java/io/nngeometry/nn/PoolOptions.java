package io.nngeometry.nn;

import java.util.Arrays;

/**
 * Options of pooling over images. A setter takes one number for both axes or one an axis.
 *
 * <pre>{@code new MaxPool2d(PoolOptions.of(3).stride(2).padding(1))}</pre>
 */
public final class PoolOptions {
  final long[] kernel;
  final long[] stride;
  final long[] padding;
  final long[] dilation;
  final boolean ceil;
  final boolean countPadding;

  private PoolOptions(
      long[] kernel,
      long[] stride,
      long[] padding,
      long[] dilation,
      boolean ceil,
      boolean countPadding) {
    this.kernel = kernel;
    this.stride = stride;
    this.padding = padding;
    this.dilation = dilation;
    this.ceil = ceil;
    this.countPadding = countPadding;
  }

  /** Windows of size {@code kernel} side by side: the stride is the kernel. */
  public static PoolOptions of(long... kernel) {
    long[] k = pair("kernel", kernel, 1);
    return new PoolOptions(k, k, new long[2], new long[] {1, 1}, false, true);
  }

  /** Steps between windows. */
  public PoolOptions stride(long... steps) {
    return new PoolOptions(kernel, pair("stride", steps, 1), padding, dilation, ceil, countPadding);
  }

  /** Padding on both sides, at most half the kernel. */
  public PoolOptions padding(long... sizes) {
    long[] p = pair("padding", sizes, 0);
    if (2 * p[0] > kernel[0] || 2 * p[1] > kernel[1]) {
      throw new IllegalArgumentException(
          "padding %s exceeds half the kernel %s"
              .formatted(Arrays.toString(p), Arrays.toString(kernel)));
    }
    return new PoolOptions(kernel, stride, p, dilation, ceil, countPadding);
  }

  /** Steps between a window's elements; max-pooling only. */
  public PoolOptions dilation(long... steps) {
    return new PoolOptions(kernel, stride, padding, pair("dilation", steps, 1), ceil, countPadding);
  }

  /** Whether windows that reach beyond the border count. */
  public PoolOptions ceilMode(boolean on) {
    return new PoolOptions(kernel, stride, padding, dilation, on, countPadding);
  }

  /** Whether averages include the padding's zeros (by default they do); average pooling only. */
  public PoolOptions countIncludePad(boolean on) {
    return new PoolOptions(kernel, stride, padding, dilation, ceil, on);
  }

  private static long[] pair(String what, long[] values, long least) {
    if (values.length != 1 && values.length != 2) {
      throw new IllegalArgumentException(
          "%s has %d numbers for 2 axes".formatted(what, values.length));
    }
    long[] both = values.length == 2 ? values.clone() : new long[] {values[0], values[0]};
    if (both[0] < least || both[1] < least) {
      throw new IllegalArgumentException(
          "%s must be at least %d, got %s".formatted(what, least, Arrays.toString(values)));
    }
    return both;
  }
}
