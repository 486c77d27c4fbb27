package io.nngeometry.layers;

import io.nngeometry.engine.Scope;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/**
 * Family 3: a linear map whose effective weight is a function of the parameter. The per-example
 * gradients with respect to the effective weight are those of family 1; the chain rule through the
 * reparametrisation, in closed form, does the rest.
 */
public final class ReparametrisedRule implements LayerRule {
  private final Parameter weight;
  private final LinearMapRule effective;
  private final RowNormalisation normalisation;
  private final UnaryOperator<Tensor> input;

  /**
   * @param weight the parameter, of the shape of the effective weight
   * @param effective the rule of the linear map, without bias
   * @param normalisation from the parameter to the effective weight
   * @param input what the linear map sees, from what the layer sees
   */
  public ReparametrisedRule(
      Parameter weight,
      LinearMapRule effective,
      RowNormalisation normalisation,
      UnaryOperator<Tensor> input) {
    this.weight = weight;
    this.effective = effective;
    this.normalisation = normalisation;
    this.input = input;
  }

  @Override
  public Prepared prepare(LayerUse use, Scope.Owner lifetime) {
    Prepared linear =
        effective.prepare(
            new LayerUse(use.layer(), input.apply(use.input()), use.output()), lifetime);
    Tensor stored = lifetime.adopt(weight.tensor().detach());
    return (parameter, g) -> normalisation.pullBack(stored, linear.perExample(parameter, g));
  }
}
