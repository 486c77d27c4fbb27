package io.nngeometry.nn;

import io.nngeometry.engine.TransposedConvolution;
import io.nngeometry.layers.LayerRule;
import io.nngeometry.layers.Parameter;
import io.nngeometry.layers.TransposedConvolutionRule;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** A transposed convolution over any number of spatial axes: (n, in, ...) to (n, out, ...). */
public abstract sealed class ConvTranspose extends LayerModule
    permits ConvTranspose1d, ConvTranspose2d, ConvTranspose3d {
  private final Parameter weight;
  private final @Nullable Parameter bias;
  private final TransposedConvolution convolution;
  private final ConvOptions options;
  private final int axes;

  ConvTranspose(ConvOptions options, int axes) {
    this.options = options;
    this.axes = axes;
    options.spreadGeometry(axes); // refuses what a transposed convolution cannot have
    convolution =
        new TransposedConvolution(
            options.strides(axes),
            options.paddings(axes),
            options.outputPaddings(axes),
            options.dilations(axes),
            options.groups());
    weight = register("weight", Init.zeros(weightShape(options, axes)));
    bias = options.hasBias() ? register("bias", Init.zeros(options.out)) : null;
    reset(0);
  }

  private static long[] weightShape(ConvOptions options, int axes) {
    long[] shape = new long[2 + axes];
    shape[0] = options.in;
    shape[1] = options.out / options.groups();
    System.arraycopy(options.kernelSizes(axes), 0, shape, 2, axes);
    return shape;
  }

  @Override
  protected Tensor compute(Tensor x) {
    Inputs.channels(kind(), x, 2 + axes, 2 + axes, options.in);
    return convolution.forward(x, weight.value(), bias == null ? null : bias.value());
  }

  @Override
  protected LayerRule makeRule() {
    return new TransposedConvolutionRule(
        weight, bias, options.strides(axes), options.spreadGeometry(axes));
  }

  @Override
  protected void reset(long seed) {
    double bound = 1 / Math.sqrt((double) weight.size() / weight.shape()[0]);
    Init.uniform(weight, bound, seed);
    if (bias != null) {
      Init.uniform(bias, bound, seed + 1);
    }
  }

  /** (in, out / groups, kernel). */
  public Parameter weight() {
    return weight;
  }

  /** (out), or null. */
  public @Nullable Parameter bias() {
    return bias;
  }
}
