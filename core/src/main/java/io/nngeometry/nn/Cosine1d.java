package io.nngeometry.nn;

import io.nngeometry.layers.LayerRule;
import io.nngeometry.layers.LinearRule;
import io.nngeometry.layers.Parameter;
import io.nngeometry.layers.ReparametrisedRule;
import io.nngeometry.layers.RowNormalisation;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Cosines between inputs and weight rows, both divided by sqrt(|.|^2 + eps): (n, ..., in) to (n,
 * ..., out).
 */
public final class Cosine1d extends LayerModule {
  private final Parameter weight;
  private final RowNormalisation normalisation;

  /** eps 1e-5. */
  public Cosine1d(long in, long out) {
    this(in, out, 1e-5);
  }

  /** {@code eps} is added to the squared norms of inputs and rows. */
  public Cosine1d(long in, long out, double eps) {
    weight = register("weight", Init.zeros(Inputs.positive("out", out), Inputs.positive("in", in)));
    normalisation = new RowNormalisation(eps);
    reset(0);
  }

  @Override
  protected Tensor compute(Tensor x) {
    Inputs.trailing(kind(), x, weight.shape()[1]);
    return torch.linear(
        normalisation.lastAxis(x), normalisation.rows(weight.value()), new TensorOptional());
  }

  @Override
  protected LayerRule makeRule() {
    return new ReparametrisedRule(
        weight, new LinearRule(weight, null), normalisation, normalisation::lastAxis);
  }

  @Override
  protected void reset(long seed) {
    Init.uniform(weight, 1 / Math.sqrt(weight.shape()[1]), seed);
  }

  /** (out, in), before normalisation. */
  public Parameter weight() {
    return weight;
  }
}
