package io.nngeometry.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BinaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/**
 * float32 convolutions and their gradients against float64: on some CPUs the engine's own are wrong
 * in silence (see {@link WideChannels}).
 */
class ConvolutionAccuracyTest {
  private static final long[] CHANNELS = {1, 2, 3, 5, 8, 12, 16, 17, 24, 32, 40, 48, 96, 160};
  private final Random random = new Random(7);
  private final List<String> wrong = new ArrayList<>();
  private int checked;

  @Test
  void plain() {
    for (long in : CHANNELS) {
      for (long out : CHANNELS) {
        for (int axes = 1; axes <= 3; axes++) {
          check(axes, in, out, 1, false);
          check(axes, in, out, 1, true);
        }
      }
    }
    verify(1100);
  }

  @Test
  void grouped() {
    for (long perGroup : new long[] {1, 2, 3, 4, 8, 16, 24}) {
      for (long outPerGroup : new long[] {1, 2, 3, 8, 16, 24}) {
        for (long groups : new long[] {2, 3, 4, 8}) {
          int axes = 1 + random.nextInt(2);
          check(axes, perGroup * groups, outPerGroup * groups, groups, false);
          check(axes, perGroup * groups, outPerGroup * groups, groups, true);
        }
      }
    }
    verify(330);
  }

  private void verify(int atLeast) {
    assertThat(wrong).as("wrong of " + checked).isEmpty();
    assertThat(checked).isGreaterThan(atLeast);
  }

  private long[] draw(int axes, int from, int to) {
    return random.longs(axes, from, to + 1).toArray();
  }

  private void check(int axes, long in, long out, long groups, boolean transposed) {
    long[] kernel = draw(axes, 1, 3);
    long[] stride = draw(axes, 1, 2);
    long[] padding = draw(axes, 0, 1);
    long[] dilation = draw(axes, 1, 2);
    long[] x = new long[axes + 2];
    x[0] = 1 + random.nextInt(5);
    x[1] = in;
    long[] w = new long[axes + 2];
    w[0] = transposed ? in : out;
    w[1] = (transposed ? out : in) / groups;
    for (int k = 0; k < axes; k++) {
      x[2 + k] = 6 + random.nextInt(axes == 3 ? 2 : 8);
      w[2 + k] = kernel[k];
    }
    BinaryOperator<Tensor> layer;
    if (transposed) {
      var t = new TransposedConvolution(stride, padding, new long[axes], dilation, groups);
      layer = (a, b) -> t.forward(a, b, null);
    } else {
      var c =
          new Convolution(kernel, stride, padding, padding, dilation, groups, PaddingMode.ZEROS);
      layer = (a, b) -> c.forward(a, b, null);
    }
    try (Scope scope = Scope.open()) {
      double error = error(layer, x, w);
      checked++;
      if (!(error < 1e-4)) {
        wrong.add(
            "%s%dd x%s w%s stride%s padding%s dilation%s: %.1e"
                .formatted(
                    transposed ? "transposed " : "",
                    axes,
                    Arrays.toString(x),
                    Arrays.toString(w),
                    Arrays.toString(stride),
                    Arrays.toString(padding),
                    Arrays.toString(dilation),
                    error));
      }
    }
  }

  /** The greatest relative error of output, input gradient and weight gradient. */
  private double error(BinaryOperator<Tensor> layer, long[] x, long[] w) {
    int seed = random.nextInt();
    List<List<Tensor>> results = new ArrayList<>();
    for (ScalarType type : new ScalarType[] {ScalarType.Double, ScalarType.Float}) {
      Tensor input = normal(seed, type, x).requires_grad_();
      Tensor weight = normal(seed + 1, type, w).requires_grad_();
      Tensor output = layer.apply(input, weight);
      Tensor cotangent = normal(seed + 2, type, Tensors.shape(output));
      List<Tensor> all =
          new ArrayList<>(Tensors.gradients(output, cotangent, List.of(input, weight), false));
      all.add(output);
      results.add(all);
    }
    double worst = 0;
    for (int k = 0; k < 3; k++) {
      Tensor truth = results.get(0).get(k);
      Tensor mine = results.get(1).get(k).to(ScalarType.Double);
      double error = Tensors.item(mine.sub(truth).norm()) / Tensors.item(truth.norm());
      worst = Double.isNaN(error) ? Double.NaN : Math.max(worst, error);
    }
    return worst;
  }

  private static Tensor normal(long seed, ScalarType type, long[] shape) {
    return Tensors.randn(seed, Tensors.options(ScalarType.Double), shape).to(type).detach();
  }
}
