package io.nngeometry.engine;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * The geometry of a convolution over any number of spatial axes. Arrays have one entry an axis.
 *
 * @param kernel kernel sizes
 * @param stride steps between positions
 * @param before padding before the first pixel
 * @param after padding after the last pixel
 * @param dilation steps between kernel elements
 * @param groups independent groups of channels
 * @param mode what the padding holds
 */
public record Convolution(
    long[] kernel,
    long[] stride,
    long[] before,
    long[] after,
    long[] dilation,
    long groups,
    PaddingMode mode) {

  /** Number of spatial axes. */
  public int axes() {
    return kernel.length;
  }

  /** Kernel elements, the product of the kernel sizes. */
  public long kernelSize() {
    return Tensors.numel(kernel);
  }

  /**
   * Applies the convolution to x (n, channels, ...) with weights (out, channels / groups, kernel).
   */
  public Tensor forward(Tensor x, Tensor weight, @Nullable Tensor bias) {
    return ForwardMode.linear(x, weight, bias, this::apply);
  }

  private Tensor apply(Tensor x, Tensor weight, @Nullable Tensor bias) {
    boolean zeroPadded = mode == PaddingMode.ZEROS && Arrays.equals(before, after);
    boolean pointwise = kernelSize() == 1;
    boolean strided = LongStream.of(stride).anyMatch(s -> s > 1);
    Tensor in = zeroPadded && !(pointwise && strided) ? x : pad(x);
    long[] padding = in == x ? before : new long[axes()];
    if (pointwise && strided) {
      // oneDNN's backward of a wide strided 1x1 convolution (512 to 1024 channels, say) kills the
      // process with SIGFPE on some CPUs
      return convolve(subsample(in).contiguous(), weight, bias, ones(), padding);
    }
    return convolve(in, weight, bias, stride, padding);
  }

  private Tensor convolve(
      Tensor x, Tensor weight, @Nullable Tensor bias, long[] step, long[] padding) {
    long out = weight.size(0);
    if (groups > 1 || WideChannels.fit(x, weight.size(1), out)) {
      return native_(x, weight, bias, step, padding);
    }
    long in = WideChannels.narrow(weight.size(1));
    long wide = WideChannels.wide(out);
    return native_(
            WideChannels.padded(x, 1, in),
            WideChannels.padded(WideChannels.padded(weight, 1, in), 0, wide),
            bias == null ? null : WideChannels.padded(bias, 0, wide),
            step,
            padding)
        .narrow(1, 0, out);
  }

  private Tensor native_(
      Tensor x, Tensor weight, @Nullable Tensor bias, long[] step, long[] padding) {
    return torch.convolution(
        x,
        weight,
        Tensors.optional(bias),
        step,
        padding,
        dilation,
        false,
        new long[axes()],
        groups);
  }

  private Tensor subsample(Tensor x) {
    Tensor result = x;
    for (int k = 0; k < axes(); k++) {
      result = Tensors.slice(result, k + 2, 0, x.size(k + 2), stride[k]);
    }
    return result;
  }

  /** The same for inputs whose padding is explicit. */
  public Convolution unpadded() {
    return new Convolution(
        kernel, stride, new long[axes()], new long[axes()], dilation, groups, mode);
  }

  /** The input with its padding made explicit. */
  public Tensor pad(Tensor x) {
    if (LongStream.concat(LongStream.of(before), LongStream.of(after)).allMatch(p -> p == 0)) {
      return x;
    }
    long[] lastAxisFirst = new long[2 * axes()];
    for (int k = 0; k < axes(); k++) {
      lastAxisFirst[2 * k] = before[axes() - 1 - k];
      lastAxisFirst[2 * k + 1] = after[axes() - 1 - k];
    }
    return torch.pad(x, lastAxisFirst, mode.engineName(), new DoubleOptional());
  }

  /** What each kernel element sees at each position: a view (n, channels, positions, kernel). */
  public Tensor windows(Tensor x) {
    Tensor view = pad(x);
    for (int k = 0; k < axes(); k++) {
      view = view.unfold(k + 2, dilation[k] * (kernel[k] - 1) + 1, stride[k]);
    }
    for (int k = 0; k < axes(); k++) {
      long axis = 2 + axes() + k;
      view = Tensors.slice(view, axis, 0, view.size(axis), dilation[k]);
    }
    return view;
  }

  private long[] ones() {
    long[] ones = new long[axes()];
    Arrays.fill(ones, 1);
    return ones;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Convolution that
        && Arrays.equals(kernel, that.kernel)
        && Arrays.equals(stride, that.stride)
        && Arrays.equals(before, that.before)
        && Arrays.equals(after, that.after)
        && Arrays.equals(dilation, that.dilation)
        && groups == that.groups
        && mode == that.mode;
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(kernel) * 31 + Arrays.hashCode(stride);
  }

  @Override
  public String toString() {
    return "kernel=%s, stride=%s, padding=%s/%s, dilation=%s, groups=%d, %s"
        .formatted(
            Arrays.toString(kernel),
            Arrays.toString(stride),
            Arrays.toString(before),
            Arrays.toString(after),
            Arrays.toString(dilation),
            groups,
            mode);
  }
}
