package io.nngeometry.nn;

import io.nngeometry.layers.AffineRule;
import io.nngeometry.layers.LayerRule;
import io.nngeometry.layers.Parameter;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** max(0, x) + weight * min(0, x), with one slope or one per channel (He et al. 2015). */
public final class PReLU extends LayerModule {
  private final Parameter weight;
  private final double initial;

  /** One slope, at first 0.25. */
  public PReLU() {
    this(1, 0.25);
  }

  /** As many slopes as axis 1 has channels, or one for all. */
  public PReLU(long slopes) {
    this(slopes, 0.25);
  }

  /** Slopes that start at {@code initial}. */
  public PReLU(long slopes, double initial) {
    weight = register("weight", Init.zeros(Inputs.positive("slopes", slopes)));
    this.initial = initial;
    reset(0);
  }

  @Override
  protected Tensor compute(Tensor x) {
    if (weight.size() > 1) {
      Inputs.channels(kind(), x, 2, Integer.MAX_VALUE, weight.size());
    }
    return torch.prelu(x, weight.value());
  }

  @Override
  protected LayerRule makeRule() {
    return new AffineRule(weight, null, x -> x.sub(torch.relu(x)), AffineRule.Axes.CHANNELS);
  }

  @Override
  protected void reset(long seed) {
    Init.constant(weight, initial);
  }

  /** The slopes, (1) or (channels). */
  public Parameter weight() {
    return weight;
  }
}
