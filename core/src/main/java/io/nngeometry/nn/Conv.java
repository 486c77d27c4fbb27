package io.nngeometry.nn;

import io.nngeometry.engine.Convolution;
import io.nngeometry.layers.ConvolutionRule;
import io.nngeometry.layers.LayerRule;
import io.nngeometry.layers.Parameter;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** A convolution over any number of spatial axes: (n, in, ...) to (n, out, ...). */
public abstract sealed class Conv extends LayerModule permits Conv1d, Conv2d, Conv3d {
  private final Parameter weight;
  private final @Nullable Parameter bias;
  private final Convolution convolution;

  Conv(ConvOptions options, int axes) {
    convolution = options.geometry(axes);
    weight = register("weight", Init.zeros(weightShape(options, axes)));
    bias = options.hasBias() ? register("bias", Init.zeros(options.out)) : null;
    reset(0);
  }

  private static long[] weightShape(ConvOptions options, int axes) {
    long[] shape = new long[2 + axes];
    shape[0] = options.out;
    shape[1] = options.in / options.groups();
    System.arraycopy(options.kernelSizes(axes), 0, shape, 2, axes);
    return shape;
  }

  @Override
  protected Tensor compute(Tensor x) {
    return convolution.forward(x, weight.value(), bias == null ? null : bias.value());
  }

  @Override
  protected LayerRule makeRule() {
    return new ConvolutionRule(weight, bias, convolution);
  }

  @Override
  protected void reset(long seed) {
    double bound = 1 / Math.sqrt((double) weight.size() / weight.shape()[0]);
    Init.uniform(weight, bound, seed);
    if (bias != null) {
      Init.uniform(bias, bound, seed + 1);
    }
  }

  /** (out, in / groups, kernel). */
  public Parameter weight() {
    return weight;
  }

  /** (out), or null. */
  public @Nullable Parameter bias() {
    return bias;
  }
}
