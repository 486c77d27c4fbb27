package io.nngeometry.nn;

import io.nngeometry.layers.ForwardPass;
import io.nngeometry.layers.LayerRule;
import io.nngeometry.layers.Parameter;
import io.nngeometry.layers.ParametricLayer;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A module that is a layer: its parameters are covered by one rule, and the running pass sees it.
 */
public abstract class LayerModule extends Module implements ParametricLayer {
  private @Nullable LayerRule rule;

  /** The computation of the layer, which reads its parameters by {@link Parameter#value()}. */
  protected abstract Tensor compute(Tensor x);

  /** Makes the layer's rule, once its parameters are there. */
  protected abstract LayerRule makeRule();

  @Override
  public final Tensor forward(Tensor x) {
    return ForwardPass.current().apply(this, x, this::compute);
  }

  @Override
  public String kind() {
    return getClass().getSimpleName();
  }

  @Override
  public final List<Parameter> parameters() {
    return ownParameters();
  }

  @Override
  public final List<String> parameterNames() {
    return ownParameterNames();
  }

  @Override
  public final LayerRule rule() {
    if (rule == null) {
      rule = makeRule();
    }
    return rule;
  }
}
