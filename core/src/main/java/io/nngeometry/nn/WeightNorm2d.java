package io.nngeometry.nn;

import io.nngeometry.engine.Convolution;
import io.nngeometry.layers.ConvolutionRule;
import io.nngeometry.layers.LayerRule;
import io.nngeometry.layers.Parameter;
import io.nngeometry.layers.ReparametrisedRule;
import io.nngeometry.layers.RowNormalisation;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/** A convolution of images whose filters are divided by sqrt(|filter|^2 + eps), without bias. */
public final class WeightNorm2d extends LayerModule {
  private final Parameter weight;
  private final Convolution convolution;
  private final RowNormalisation normalisation;
  private final long channels;

  /** eps 1e-5; the options' bias is ignored. */
  public WeightNorm2d(ConvOptions options) {
    this(options, 1e-5);
  }

  /** {@code eps} is added to the squared norm of a filter; the options' bias is ignored. */
  public WeightNorm2d(ConvOptions options, double eps) {
    convolution = options.geometry(2);
    channels = options.in;
    long[] kernel = options.kernelSizes(2);
    weight =
        register(
            "weight", Init.zeros(options.out, options.in / options.groups(), kernel[0], kernel[1]));
    normalisation = new RowNormalisation(eps);
    reset(0);
  }

  @Override
  protected Tensor compute(Tensor x) {
    Inputs.channels(kind(), x, 4, 4, channels);
    return convolution.forward(x, normalisation.rows(weight.value()), null);
  }

  @Override
  protected LayerRule makeRule() {
    return new ReparametrisedRule(
        weight,
        new ConvolutionRule(weight, null, convolution),
        normalisation,
        UnaryOperator.identity());
  }

  @Override
  protected void reset(long seed) {
    Init.uniform(weight, 1 / Math.sqrt((double) weight.size() / weight.shape()[0]), seed);
  }

  /** (out, in / groups, height, width), before normalisation. */
  public Parameter weight() {
    return weight;
  }
}
