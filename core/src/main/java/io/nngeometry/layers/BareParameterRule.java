package io.nngeometry.layers;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;

/**
 * A bare parameter is expanded to one copy per example, so a copy's gradient is the example's own.
 */
enum BareParameterRule implements LayerRule {
  INSTANCE;

  @Override
  public boolean gradientsAreSmall() {
    return true;
  }

  @Override
  public Prepared prepare(LayerUse use, Scope.Owner lifetime) {
    return (parameter, outputGradient) -> Tensors.flatten(outputGradient);
  }
}
