package io.nngeometry.io.program;

import io.nngeometry.engine.Affine;
import io.nngeometry.engine.Convolution;
import io.nngeometry.engine.PaddingMode;
import io.nngeometry.engine.Tensors;
import io.nngeometry.engine.TransposedConvolution;
import io.nngeometry.layers.AffineRule;
import io.nngeometry.layers.ConvolutionRule;
import io.nngeometry.layers.EmbeddingRule;
import io.nngeometry.layers.LayerRule;
import io.nngeometry.layers.LinearRule;
import io.nngeometry.layers.MatrixProductRule;
import io.nngeometry.layers.Parameter;
import io.nngeometry.layers.TransposedConvolutionRule;
import java.util.Objects;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** The operators with parameters that a rule covers. */
final class Forms {
  private static final int ALL = -1;

  private Forms() {}

  /** x W^T + b on the last axis. */
  record Linear() implements Form {
    @Override
    public String kind() {
      return "Linear";
    }

    @Override
    public Tensor compute(Tensor x, @Nullable Tensor weight, @Nullable Tensor bias) {
      return Affine.forward(x, Objects.requireNonNull(weight), bias);
    }

    @Override
    public LayerRule rule(@Nullable Parameter weight, @Nullable Parameter bias) {
      return new LinearRule(Objects.requireNonNull(weight), bias);
    }

    @Override
    public int ownAxes() {
      return 1;
    }
  }

  /** x W on the last axis, with W (in, out). */
  record Product() implements Form {
    @Override
    public String kind() {
      return "MatrixProduct";
    }

    @Override
    public Tensor compute(Tensor x, @Nullable Tensor weight, @Nullable Tensor bias) {
      return Affine.forward(x, Objects.requireNonNull(weight).t(), null);
    }

    @Override
    public LayerRule rule(@Nullable Parameter weight, @Nullable Parameter bias) {
      return new MatrixProductRule(Objects.requireNonNull(weight));
    }

    @Override
    public int ownAxes() {
      return 1;
    }
  }

  /** A convolution. */
  record Convolved(Convolution convolution) implements Form {
    @Override
    public String kind() {
      return "Conv" + convolution.axes() + "d";
    }

    @Override
    public Tensor compute(Tensor x, @Nullable Tensor weight, @Nullable Tensor bias) {
      requireRank(x, convolution.axes() + 2, kind());
      return convolution.forward(x, Objects.requireNonNull(weight), bias);
    }

    @Override
    public LayerRule rule(@Nullable Parameter weight, @Nullable Parameter bias) {
      return new ConvolutionRule(Objects.requireNonNull(weight), bias, convolution);
    }

    @Override
    public int ownAxes() {
      return ALL;
    }
  }

  /**
   * A transposed convolution.
   *
   * @param spread the convolution, with a mirrored kernel, of the input spread out by the stride
   */
  record Spread(TransposedConvolution convolution, java.util.List<Long> stride, Convolution spread)
      implements Form {
    @Override
    public String kind() {
      return "ConvTranspose" + spread.axes() + "d";
    }

    @Override
    public Tensor compute(Tensor x, @Nullable Tensor weight, @Nullable Tensor bias) {
      requireRank(x, spread.axes() + 2, kind());
      return convolution.forward(x, Objects.requireNonNull(weight), bias);
    }

    @Override
    public LayerRule rule(@Nullable Parameter weight, @Nullable Parameter bias) {
      long[] steps = stride.stream().mapToLong(Long::longValue).toArray();
      return new TransposedConvolutionRule(Objects.requireNonNull(weight), bias, steps, spread);
    }

    @Override
    public int ownAxes() {
      return ALL;
    }

    /** The form of these options, one entry an axis. */
    static Spread of(
        long[] kernel, long[] stride, long[] padding, long[] output, long[] dilation, long groups) {
      int axes = kernel.length;
      long[] ones = new long[axes];
      long[] before = new long[axes];
      long[] after = new long[axes];
      for (int k = 0; k < axes; k++) {
        ones[k] = 1;
        before[k] = dilation[k] * (kernel[k] - 1) - padding[k];
        after[k] = before[k] + output[k];
      }
      return new Spread(
          new TransposedConvolution(stride, padding, output, dilation, groups),
          java.util.Arrays.stream(stride).boxed().toList(),
          new Convolution(kernel, ones, before, after, dilation, groups, PaddingMode.ZEROS));
    }
  }

  /** A lookup table. */
  record Lookup(long paddingIndex) implements Form {
    @Override
    public String kind() {
      return "Embedding";
    }

    @Override
    public Tensor compute(Tensor x, @Nullable Tensor weight, @Nullable Tensor bias) {
      Tensor rows = torch.embedding(Objects.requireNonNull(weight), x, paddingIndex, false, false);
      if (paddingIndex < 0) {
        return rows;
      }
      // reverse mode leaves the padding row out by itself; forward mode has to be told
      Tensor padding = x.eq(Tensors.scalar((double) paddingIndex)).unsqueeze(-1);
      return torch.where(padding, rows.detach(), rows);
    }

    @Override
    public LayerRule rule(@Nullable Parameter weight, @Nullable Parameter bias) {
      return new EmbeddingRule(Objects.requireNonNull(weight), paddingIndex);
    }

    @Override
    public int ownAxes() {
      return 0;
    }
  }

  /** Slopes of the negative part, one or one a channel. */
  record Slopes() implements Form {
    @Override
    public boolean ignoresShape() {
      return true;
    }

    @Override
    public String kind() {
      return "PReLU";
    }

    @Override
    public Tensor compute(Tensor x, @Nullable Tensor weight, @Nullable Tensor bias) {
      return torch.prelu(x, Objects.requireNonNull(weight));
    }

    @Override
    public LayerRule rule(@Nullable Parameter weight, @Nullable Parameter bias) {
      return new AffineRule(weight, null, x -> x.sub(torch.relu(x)), AffineRule.Axes.CHANNELS);
    }

    @Override
    public int ownAxes() {
      return ALL;
    }
  }

  /** What an elementwise affine map does. */
  interface AffineMap {
    Tensor apply(Tensor x, @Nullable Tensor weight, @Nullable Tensor bias);
  }

  /** gamma * xhat + beta, where xhat depends on the input alone. */
  record Normalised(String kind, AffineRule.Axes axes, int ownAxes, AffineMap map) implements Form {
    @Override
    public boolean ignoresShape() {
      return true;
    }

    /** A normalisation with a scale and a shift a channel. */
    static Normalised channels(String kind, AffineMap map) {
      return new Normalised(kind, AffineRule.Axes.CHANNELS, ALL, map);
    }

    /** A normalisation over the last {@code axes} axes. */
    static Normalised trailing(String kind, int axes, AffineMap map) {
      return new Normalised(kind, AffineRule.Axes.TRAILING, axes, map);
    }

    @Override
    public Tensor compute(Tensor x, @Nullable Tensor weight, @Nullable Tensor bias) {
      return map.apply(x, weight, bias);
    }

    @Override
    public LayerRule rule(@Nullable Parameter weight, @Nullable Parameter bias) {
      return new AffineRule(weight, bias, x -> map.apply(x, null, null), axes);
    }
  }

  /** A scale and a shift of the input itself, of which one may be absent. */
  record Scaled(AffineRule.Axes axes, int ownAxes, java.util.List<Long> aligned) implements Form {
    @Override
    public boolean ignoresShape() {
      return true;
    }

    @Override
    public String kind() {
      return "Affine";
    }

    @Override
    public Tensor compute(Tensor x, @Nullable Tensor weight, @Nullable Tensor bias) {
      long[] shape = aligned.stream().mapToLong(Long::longValue).toArray();
      Tensor scaled = weight == null ? x : x.mul(weight.view(shape));
      return bias == null ? scaled : scaled.add(bias.view(shape), new Scalar(1));
    }

    @Override
    public LayerRule rule(@Nullable Parameter weight, @Nullable Parameter bias) {
      return new AffineRule(weight, bias, x -> x, axes);
    }
  }

  private static void requireRank(Tensor x, int rank, String kind) {
    if (x.dim() != rank) {
      throw new IllegalArgumentException(
          "%s takes inputs of %d axes, got %d".formatted(kind, rank, x.dim()));
    }
  }
}
