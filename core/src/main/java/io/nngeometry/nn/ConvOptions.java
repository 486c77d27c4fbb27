package io.nngeometry.nn;

import io.nngeometry.engine.Convolution;
import io.nngeometry.engine.PaddingMode;
import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * Options of a convolution. A setter takes one number for all spatial axes or one an axis.
 *
 * <pre>{@code new Conv2d(ConvOptions.of(64, 128, 3).stride(2).padding(1).bias(false))}</pre>
 */
public final class ConvOptions {
  final long in;
  final long out;
  private final long[] kernel;
  private long[] stride = {1};
  private long[] padding = {0};
  private long[] outputPadding = {0};
  private long[] dilation = {1};
  private long groups = 1;
  private boolean same;
  private boolean bias = true;
  private PaddingMode mode = PaddingMode.ZEROS;

  private ConvOptions(long in, long out, long[] kernel) {
    this.in = in;
    this.out = out;
    this.kernel = kernel.clone();
  }

  /** Channels in and out, and kernel sizes; stride 1, no padding, one group, with a bias. */
  public static ConvOptions of(long in, long out, long... kernel) {
    if (in < 1 || out < 1) {
      throw new IllegalArgumentException("channels must be positive, got " + in + " and " + out);
    }
    positive("kernel", kernel);
    return new ConvOptions(in, out, kernel);
  }

  private ConvOptions copy() {
    ConvOptions c = new ConvOptions(in, out, kernel);
    c.stride = stride;
    c.padding = padding;
    c.outputPadding = outputPadding;
    c.dilation = dilation;
    c.groups = groups;
    c.same = same;
    c.bias = bias;
    c.mode = mode;
    return c;
  }

  /** Steps between positions. */
  public ConvOptions stride(long... stride) {
    positive("stride", stride);
    ConvOptions c = copy();
    c.stride = stride.clone();
    return c;
  }

  /** Padding on both sides. */
  public ConvOptions padding(long... padding) {
    notNegative("padding", padding);
    ConvOptions c = copy();
    c.padding = padding.clone();
    c.same = false;
    return c;
  }

  /**
   * Padding that keeps the image size, one more after than before where it is odd; stride 1 only.
   */
  public ConvOptions samePadding() {
    ConvOptions c = copy();
    c.same = true;
    return c;
  }

  /** Size added to one side of a transposed convolution's output. */
  public ConvOptions outputPadding(long... outputPadding) {
    notNegative("output padding", outputPadding);
    ConvOptions c = copy();
    c.outputPadding = outputPadding.clone();
    return c;
  }

  /** Steps between kernel elements. */
  public ConvOptions dilation(long... dilation) {
    positive("dilation", dilation);
    ConvOptions c = copy();
    c.dilation = dilation.clone();
    return c;
  }

  /** Independent groups of channels; {@code groups = in} is depthwise. */
  public ConvOptions groups(long groups) {
    if (groups < 1 || in % groups != 0 || out % groups != 0) {
      throw new IllegalArgumentException(
          "groups = %d must divide the channels %d and %d".formatted(groups, in, out));
    }
    ConvOptions c = copy();
    c.groups = groups;
    return c;
  }

  /** What the padding holds. */
  public ConvOptions paddingMode(PaddingMode mode) {
    ConvOptions c = copy();
    c.mode = mode;
    return c;
  }

  /** Whether there is a bias. */
  public ConvOptions bias(boolean bias) {
    ConvOptions c = copy();
    c.bias = bias;
    return c;
  }

  boolean hasBias() {
    return bias;
  }

  long groups() {
    return groups;
  }

  long[] kernelSizes(int axes) {
    return spread("kernel", kernel, axes);
  }

  long[] strides(int axes) {
    return spread("stride", stride, axes);
  }

  long[] paddings(int axes) {
    return spread("padding", padding, axes);
  }

  long[] outputPaddings(int axes) {
    return spread("output padding", outputPadding, axes);
  }

  long[] dilations(int axes) {
    return spread("dilation", dilation, axes);
  }

  /** The geometry over {@code axes} spatial axes. */
  Convolution geometry(int axes) {
    long[] k = kernelSizes(axes);
    long[] d = dilations(axes);
    long[] before = paddings(axes).clone();
    long[] after = before.clone();
    if (same) {
      if (LongStream.of(strides(axes)).anyMatch(s -> s != 1)) {
        throw new IllegalArgumentException("'same' padding needs stride 1");
      }
      for (int i = 0; i < axes; i++) {
        long total = d[i] * (k[i] - 1);
        before[i] = total / 2;
        after[i] = total - total / 2;
      }
    }
    return new Convolution(k, strides(axes), before, after, d, groups, mode);
  }

  /** The stride-1 convolution of the spread input that a transposed convolution is. */
  Convolution spreadGeometry(int axes) {
    if (mode != PaddingMode.ZEROS || same) {
      throw new IllegalArgumentException("a transposed convolution pads with zeros, by numbers");
    }
    long[] k = kernelSizes(axes);
    long[] d = dilations(axes);
    long[] p = paddings(axes);
    long[] extra = outputPaddings(axes);
    long[] before = new long[axes];
    long[] after = new long[axes];
    long[] ones = new long[axes];
    for (int i = 0; i < axes; i++) {
      before[i] = d[i] * (k[i] - 1) - p[i];
      after[i] = before[i] + extra[i];
      ones[i] = 1;
    }
    return new Convolution(k, ones, before, after, d, groups, PaddingMode.ZEROS);
  }

  private static long[] spread(String what, long[] values, int axes) {
    if (values.length == axes) {
      return values;
    }
    if (values.length != 1) {
      throw new IllegalArgumentException(
          "%s has %d numbers for %d axes".formatted(what, values.length, axes));
    }
    long[] all = new long[axes];
    Arrays.fill(all, values[0]);
    return all;
  }

  private static void positive(String what, long[] values) {
    if (values.length == 0 || LongStream.of(values).anyMatch(v -> v < 1)) {
      throw new IllegalArgumentException(
          what + " must be positive, got " + Arrays.toString(values));
    }
  }

  private static void notNegative(String what, long[] values) {
    if (values.length == 0 || LongStream.of(values).anyMatch(v -> v < 0)) {
      throw new IllegalArgumentException(
          what + " must not be negative, got " + Arrays.toString(values));
    }
  }
}
