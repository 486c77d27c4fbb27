package io.nngeometry.layers;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * A pass in which some parameters have other values than the stored ones: dual numbers for a
 * Jacobian-vector product, fresh leaves for a gradient. The others are constants.
 */
public final class Substitution extends ForwardPass {
  private final Map<Parameter, Tensor> values;

  private Substitution(Map<Parameter, Tensor> values) {
    this.values = values;
  }

  /** Begins a pass on this thread in which {@code values} stand for their parameters. */
  public static Substitution begin(Map<Parameter, Tensor> values) {
    Substitution pass = new Substitution(values);
    pass.begin();
    return pass;
  }

  @Override
  protected Tensor value(Parameter parameter) {
    Tensor substitute = values.get(parameter);
    return substitute == null ? parameter.tensor().detach() : substitute;
  }
}
