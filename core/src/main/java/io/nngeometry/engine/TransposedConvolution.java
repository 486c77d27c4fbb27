package io.nngeometry.engine;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** The geometry of a transposed convolution over any number of spatial axes. */
public final class TransposedConvolution {
  private final long[] stride;
  private final long[] padding;
  private final long[] outputPadding;
  private final long[] dilation;
  private final long groups;

  /**
   * Arrays have one entry an axis.
   *
   * @param stride steps between the outputs of neighbouring inputs
   * @param padding cut off both sides of the output
   * @param outputPadding size added to one side of the output
   * @param dilation steps between kernel elements
   * @param groups independent groups of channels
   */
  public TransposedConvolution(
      long[] stride, long[] padding, long[] outputPadding, long[] dilation, long groups) {
    for (int k = 0; k < stride.length; k++) {
      if (outputPadding[k] >= Math.max(stride[k], dilation[k])) {
        throw new IllegalArgumentException(
            "output padding %d must be smaller than stride %d or dilation %d"
                .formatted(outputPadding[k], stride[k], dilation[k]));
      }
    }
    this.stride = stride.clone();
    this.padding = padding.clone();
    this.outputPadding = outputPadding.clone();
    this.dilation = dilation.clone();
    this.groups = groups;
  }

  /** Applies it to x (n, channels, ...) with weights (in, out / groups, kernel). */
  public Tensor forward(Tensor x, Tensor weight, @Nullable Tensor bias) {
    return ForwardMode.linear(x, weight, bias, this::apply);
  }

  private Tensor apply(Tensor x, Tensor weight, @Nullable Tensor bias) {
    boolean pointwise = weight.numel() == weight.size(0) * weight.size(1);
    boolean strided = LongStream.of(stride).anyMatch(s -> s > 1);
    if (!pointwise || !strided) {
      return convolve(x, weight, bias, stride, padding, outputPadding);
    }
    // oneDNN kills the process with SIGFPE on some CPUs when a 1x1 transposed convolution is
    // strided
    // and wide, as in the backward of the plain one: apply the weights first, then spread
    long[] none = new long[stride.length];
    Tensor y = spread(convolve(x, weight, null, ones(), none, none));
    return bias == null ? y : y.add(bias.view(aligned(bias)));
  }

  private Tensor convolve(
      Tensor x, Tensor weight, @Nullable Tensor bias, long[] step, long[] cut, long[] extra) {
    long out = weight.size(1);
    // forward this is what a convolution's backward is, with channels in and out exchanged
    if (groups > 1 || WideChannels.fit(x, out, weight.size(0))) {
      return native_(x, weight, bias, step, cut, extra);
    }
    long in = WideChannels.wide(weight.size(0));
    long wide = WideChannels.narrow(out);
    return native_(
            WideChannels.padded(x, 1, in),
            WideChannels.padded(WideChannels.padded(weight, 0, in), 1, wide),
            bias == null ? null : WideChannels.padded(bias, 0, wide),
            step,
            cut,
            extra)
        .narrow(1, 0, out);
  }

  private Tensor native_(
      Tensor x, Tensor weight, @Nullable Tensor bias, long[] step, long[] cut, long[] extra) {
    return torch.convolution(
        x, weight, Tensors.optional(bias), step, cut, dilation, true, extra, groups);
  }

  /** Puts stride - 1 zeros between pixels, then cuts or pads the borders. */
  private Tensor spread(Tensor y) {
    int axes = stride.length;
    Tensor wide = y;
    long[] lastAxisFirst = new long[2 * axes];
    for (int k = 0; k < axes; k++) {
      long[] zeros = new long[2 * (axes - k)];
      zeros[zeros.length - 1] = stride[k] - 1;
      wide = pad(wide.unsqueeze(k + 3), zeros).flatten(k + 2, k + 3);
      lastAxisFirst[2 * (axes - 1 - k)] = -padding[k];
      lastAxisFirst[2 * (axes - 1 - k) + 1] = 1 - stride[k] - padding[k] + outputPadding[k];
    }
    return pad(wide, lastAxisFirst);
  }

  private static Tensor pad(Tensor t, long[] lastAxisFirst) {
    return torch.pad(t, lastAxisFirst, "constant", new DoubleOptional());
  }

  private long[] ones() {
    long[] ones = new long[stride.length];
    Arrays.fill(ones, 1);
    return ones;
  }

  private long[] aligned(Tensor bias) {
    long[] shape = new long[1 + stride.length];
    Arrays.fill(shape, 1);
    shape[0] = bias.size(0);
    return shape;
  }
}
