package io.nngeometry.engine;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Channels padded with zeros to a number that oneDNN computes right. In float32 a convolution, and
 * the gradient at its input, come out wrong, without any sign, on some CPUs (seen with oneDNN 3.7.1
 * on AMD Zen 5) where the output channels are no multiple of 16, or the input channels are more
 * than 16 and no multiple of 32. Zeros change nothing but the kernel that is chosen.
 */
final class WideChannels {
  private static final long BLOCK = 16;

  private WideChannels() {}

  /**
   * Whether a convolution is computed right as it is.
   *
   * @param in channels in, a group's
   * @param out channels out, a group's
   */
  static boolean fit(Tensor x, long in, long out) {
    return Tensors.type(x) != ScalarType.Float || (out % BLOCK == 0 && narrow(in) == in);
  }

  /** The number of channels in to pad to. */
  static long narrow(long in) {
    return in <= BLOCK ? in : (in + 2 * BLOCK - 1) / (2 * BLOCK) * (2 * BLOCK);
  }

  /** The number of channels out to pad to. */
  static long wide(long out) {
    return (out + BLOCK - 1) / BLOCK * BLOCK;
  }

  /** Adds zeros at the end of {@code axis} until it has {@code size} elements. */
  static Tensor padded(Tensor t, int axis, long size) {
    long missing = size - t.size(axis);
    if (missing == 0) {
      return t;
    }
    long[] lastAxisFirst = new long[2 * ((int) t.dim() - axis)];
    lastAxisFirst[lastAxisFirst.length - 1] = missing;
    return torch.constant_pad_nd(t, lastAxisFirst);
  }
}
