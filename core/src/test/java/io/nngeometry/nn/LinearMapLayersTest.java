package io.nngeometry.nn;

import static io.nngeometry.layers.PerExampleOracle.check;
import static io.nngeometry.layers.PerExampleOracle.randn;
import static io.nngeometry.layers.PerExampleOracle.randomised;
import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.PaddingMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.layers.LookupGradients;
import io.nngeometry.layers.OuterGradients;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Linear maps with shared weights: every shape and option against autograd, one example at a time.
 */
class LinearMapLayersTest {
  @Property(tries = 20)
  void linearOnAnyRank(@ForAll long seed, @ForAll @IntRange(min = 2, max = 4) int rank) {
    Draw draw = new Draw(seed);
    long[] shape = draw.each(rank, 1, 4);
    long in = shape[rank - 1];
    assertOuter(new Linear(in, draw.between(1, 4), draw.coin()), seed, shape);
  }

  @Property(tries = 40)
  void convolution(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 3) int axes,
      @ForAll PaddingMode mode,
      @ForAll boolean same) {
    Draw draw = new Draw(seed);
    long[] size = draw.each(axes, 3, 6);
    long[] dilation = draw.each(axes, 1, 2);
    long[] kernel = draw.each(axes, 1, 4);
    for (int k = 0; k < axes; k++) {
      kernel[k] = Math.min(kernel[k], 1 + (size[k] - 1) / dilation[k]);
    }
    long groups = draw.between(1, 3);
    ConvOptions options =
        ConvOptions.of(groups * draw.between(1, 2), groups * draw.between(1, 2), kernel)
            .dilation(dilation)
            .groups(groups)
            .paddingMode(mode)
            .bias(draw.coin());
    if (same) {
      // wrapping or mirroring around more than the image is not defined
      options = fits(size, kernel, dilation) ? options.samePadding() : options;
    } else {
      options = options.stride(draw.each(axes, 1, 3)).padding(draw.each(axes, 0, 2));
    }
    assertOuter(conv(options, axes), seed, shape(draw.between(1, 4), options.in, size));
  }

  @Property(tries = 10)
  void depthwiseConvolution(@ForAll long seed) {
    Draw draw = new Draw(seed);
    long channels = draw.between(2, 4);
    ConvOptions options =
        ConvOptions.of(channels, channels * draw.between(1, 2), 3)
            .groups(channels)
            .padding(1)
            .stride(draw.between(1, 2));
    assertOuter(new Conv2d(options), seed, 3, channels, 5, 4);
  }

  @Property(tries = 10)
  void stridedPointwiseConvolution(@ForAll long seed) {
    Draw draw = new Draw(seed);
    ConvOptions options =
        ConvOptions.of(3, 4, 1)
            .stride(draw.between(2, 3))
            .padding(draw.between(0, 1))
            .bias(draw.coin());
    assertOuter(new Conv2d(options), seed, 3, 3, draw.between(3, 7), draw.between(3, 7));
  }

  @Property(tries = 40)
  void transposedConvolution(@ForAll long seed, @ForAll @IntRange(min = 1, max = 3) int axes) {
    Draw draw = new Draw(seed);
    long[] stride = draw.each(axes, 1, 3);
    long[] dilation = draw.each(axes, 1, 2);
    long[] extra = new long[axes];
    for (int k = 0; k < axes; k++) {
      extra[k] = draw.between(0, Math.max(stride[k], dilation[k]) - 1);
    }
    long groups = draw.between(1, 2);
    ConvOptions options =
        ConvOptions.of(
                groups * draw.between(1, 2), groups * draw.between(1, 2), draw.each(axes, 1, 3))
            .stride(stride)
            .dilation(dilation)
            .outputPadding(extra)
            .padding(draw.each(axes, 0, 1))
            .groups(groups)
            .bias(draw.coin());
    Module layer =
        switch (axes) {
          case 1 -> new ConvTranspose1d(options);
          case 2 -> new ConvTranspose2d(options);
          default -> new ConvTranspose3d(options);
        };
    assertOuter(layer, seed, shape(draw.between(1, 3), options.in, draw.each(axes, 3, 4)));
  }

  @Property(tries = 20)
  void embedding(@ForAll long seed, @ForAll boolean padded) {
    Draw draw = new Draw(seed);
    long rows = draw.between(2, 6);
    long dim = draw.between(1, 4);
    long padding = draw.between(-rows, rows - 1);
    Embedding layer = padded ? new Embedding(rows, dim, padding) : new Embedding(rows, dim);
    try (Scope scope = Scope.open()) {
      Tensor indices =
          torch
              .randint(rows, new long[] {draw.between(1, 5), draw.between(1, 6)})
              .to(torch.ScalarType.Long);
      assertThat(check(randomised(layer, seed), indices)).containsExactly(LookupGradients.class);
    }
  }

  @Property(tries = 10)
  void attention(@ForAll long seed) {
    Draw draw = new Draw(seed);
    long heads = draw.between(1, 3);
    Module layer = new MultiHeadAttention(heads * draw.between(1, 3), heads, draw.coin());
    try (Scope scope = Scope.open()) {
      long features = layer.namedParameters().get("q.weight").shape()[0];
      check(randomised(layer, seed), randn(seed, 3, draw.between(1, 5), features));
    }
  }

  @Property(tries = 10)
  void layersBehindOthers(@ForAll long seed) {
    Draw draw = new Draw(seed);
    long width = draw.between(1, 3);
    Module net =
        new Sequential(
            new Conv2d(ConvOptions.of(2, 4, 3).padding(1)),
            new ReLU(),
            new MaxPool2d(2),
            new ConvTranspose2d(ConvOptions.of(4, 2, 3).stride(2)),
            new GELU(),
            new Flatten(),
            new Linear(2 * 5 * (2 * width + 1), 3));
    try (Scope scope = Scope.open()) {
      check(randomised(net, seed), randn(seed, 3, 2, 4, 2 * width));
    }
  }

  private static boolean fits(long[] size, long[] kernel, long[] dilation) {
    for (int k = 0; k < size.length; k++) {
      if (dilation[k] * (kernel[k] - 1) >= size[k]) {
        return false;
      }
    }
    return true;
  }

  private static Module conv(ConvOptions options, int axes) {
    return switch (axes) {
      case 1 -> new Conv1d(options);
      case 2 -> new Conv2d(options);
      default -> new Conv3d(options);
    };
  }

  private static long[] shape(long n, long channels, long[] size) {
    long[] shape = Arrays.copyOf(new long[] {n, channels}, 2 + size.length);
    System.arraycopy(size, 0, shape, 2, size.length);
    return shape;
  }

  private static void assertOuter(Module layer, long seed, long... shape) {
    try (Scope scope = Scope.open()) {
      assertThat(check(randomised(layer, seed), randn(seed, shape)))
          .containsExactly(OuterGradients.class);
    }
  }
}
