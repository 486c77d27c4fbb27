package io.nngeometry.layers;

import io.nngeometry.engine.Tensors;
import java.util.Optional;

/**
 * A bare parameter is expanded to one copy per example, so a copy's gradient is the example's own.
 */
enum BareParameterRule implements LayerRule {
  INSTANCE;

  @Override
  public Optional<Change> change() {
    return Optional.of(
        (use, direction) -> {
          long[] shape = Tensors.shape(use.output());
          shape[0] = 1;
          return direction.apply((Parameter) use.layer()).view(shape).expand_as(use.output());
        });
  }

  @Override
  public Prepared prepare(LayerUse use) {
    return (parameter, outputGradient) -> Tensors.flatten(outputGradient);
  }
}
