package io.nngeometry.engine;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Runs forward and backward of convolutions of many shapes. It is a program: a shape that crashes
 * native code takes the process with it, and its last line of output names the shape.
 */
public final class ConvolutionSweep {
  private final ScalarType type;
  private final int every;
  private int seen;
  private int count;

  private ConvolutionSweep(ScalarType type, int every) {
    this.type = type;
    this.every = every;
  }

  /**
   * Sweeps both dtypes and prints the number of shapes.
   *
   * @param args run one small shape in how many; 1 for all of them
   */
  public static void main(String[] args) {
    int total = 0;
    for (ScalarType type : new ScalarType[] {ScalarType.Float, ScalarType.Double}) {
      ConvolutionSweep sweep = new ConvolutionSweep(type, Integer.parseInt(args[0]));
      if (type == ScalarType.Float) {
        sweep.wide(); // float64 never enters oneDNN
      }
      for (int axes = 1; axes <= 3; axes++) {
        sweep.small(axes);
      }
      total += sweep.count;
    }
    System.out.println("shapes " + total);
  }

  /** Many channels: what crashes does so only when it is wide. */
  private void wide() {
    long[][] channels = {
      {512, 1024, 1}, {1024, 512, 1}, {256, 1024, 1}, {512, 512, 32}, {512, 512, 512}
    };
    for (long[] c : channels) {
      for (int axes = 1; axes <= 3; axes++) {
        for (long kernel : axes == 2 && c[2] > 1 ? new long[] {1, 3} : new long[] {1}) {
          for (long stride = 1; stride <= 2; stride++) {
            if (c[2] < 512 || axes == 2) {
              plain(axes, c, 4, kernel, stride, 1, kernel / 2);
              transposed(axes, c, 4, kernel, stride, 1, kernel / 2);
            }
          }
        }
      }
    }
    plain(2, new long[] {512, 512, 1}, 4, 3, 2, 1, 1);
    plain(2, new long[] {2048, 512, 1}, 7, 1, 1, 1, 0);
    plain(2, new long[] {1024, 2048, 1}, 7, 1, 2, 1, 0);
    plain(2, new long[] {3, 64, 1}, 64, 7, 2, 1, 3);
  }

  private void small(int axes) {
    long[][] channels = {{1, 1, 1}, {3, 5, 1}, {16, 8, 1}, {4, 6, 2}, {8, 8, 8}, {32, 64, 1}};
    long[] sizes =
        axes == 1 ? new long[] {1, 7, 32} : axes == 2 ? new long[] {1, 7, 14} : new long[] {5};
    long[] kernels = axes == 3 ? new long[] {1, 3} : new long[] {1, 2, 3, 5, 7};
    for (long[] c : channels) {
      for (long size : sizes) {
        for (long kernel : kernels) {
          for (long stride = 1; stride <= 3; stride++) {
            for (long dilation = 1; dilation <= (kernel > 1 ? 2 : 1); dilation++) {
              for (long padding : new long[] {0, kernel / 2, 1}) {
                if (seen++ % every == 0) {
                  plain(axes, c, size, kernel, stride, dilation, padding);
                  transposed(axes, c, size, kernel, stride, dilation, padding);
                }
              }
            }
          }
        }
      }
    }
  }

  private void plain(
      int axes, long[] c, long size, long kernel, long stride, long dilation, long padding) {
    if (size + 2 * padding < dilation * (kernel - 1) + 1) {
      return;
    }
    Convolution convolution =
        new Convolution(
            all(axes, kernel),
            all(axes, stride),
            all(axes, padding),
            all(axes, padding),
            all(axes, dilation),
            c[2],
            PaddingMode.ZEROS);
    try (Scope scope = Scope.open()) {
      Tensor x = leaf(shape(2, c[0], axes, size));
      Tensor w = leaf(shape(c[1], c[0] / c[2], axes, kernel));
      Tensor b = leaf(c[1]);
      announce("convolution", c, size, convolution.toString());
      both(convolution.forward(x, w, b), x, w, b);
    }
  }

  private void transposed(
      int axes, long[] c, long size, long kernel, long stride, long dilation, long padding) {
    if (stride * (size - 1) + dilation * (kernel - 1) + 1 - 2 * padding < 1) {
      return;
    }
    for (long extra = 0; extra < Math.min(2, Math.max(stride, dilation)); extra++) {
      TransposedConvolution convolution =
          new TransposedConvolution(
              all(axes, stride), all(axes, padding), all(axes, extra), all(axes, dilation), c[2]);
      try (Scope scope = Scope.open()) {
        Tensor x = leaf(shape(2, c[0], axes, size));
        Tensor w = leaf(shape(c[0], c[1] / c[2], axes, kernel));
        Tensor b = leaf(c[1]);
        announce(
            "transposed",
            c,
            size,
            kernel + " " + stride + " " + dilation + " " + padding + " " + extra);
        both(convolution.forward(x, w, b), x, w, b);
      }
    }
  }

  private void both(Tensor y, Tensor... inputs) {
    List<Tensor> wanted = new ArrayList<>(List.of(inputs));
    Tensor cotangent = Tensors.randn(3, Tensors.options(y), Tensors.shape(y));
    Tensors.gradients(y, cotangent, wanted, true);
    // the weights are constants in recorded passes: another path through native code
    Tensors.gradients(y, cotangent, wanted.subList(0, 1), false);
    count++;
  }

  private void announce(String what, long[] channels, long size, String rest) {
    System.out.printf(
        "%s %s channels %d %d groups %d size %d %s%n",
        type, what, channels[0], channels[1], channels[2], size, rest);
  }

  private Tensor leaf(long... shape) {
    return Tensors.randn(1, Tensors.options(type), shape).set_requires_grad(true);
  }

  private static long[] shape(long first, long second, int axes, long size) {
    long[] shape = new long[2 + axes];
    java.util.Arrays.fill(shape, size);
    shape[0] = first;
    shape[1] = second;
    return shape;
  }

  private static long[] all(int axes, long value) {
    long[] values = new long[axes];
    java.util.Arrays.fill(values, value);
    return values;
  }
}
