package io.nngeometry.layers;

import io.nngeometry.engine.Scope;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Family 2: elementwise affine maps, s = gamma * xhat + beta, where xhat depends on the input
 * alone. The gradient of an example is the sum, over the positions that share a parameter, of g *
 * xhat for gamma and of g for beta.
 */
public final class AffineRule implements LayerRule {
  /** Which axes of the output a parameter of p elements runs along; the others share it. */
  public enum Axes {
    /** Axis 1, the channels; a single element is shared by all positions. */
    CHANNELS,
    /** The last axes, as many as the parameter has. */
    TRAILING
  }

  private final @Nullable Parameter weight;
  private final @Nullable Parameter bias;
  private final UnaryOperator<Tensor> normalised;
  private final Axes axes;

  /**
   * @param weight gamma, or null
   * @param bias beta, or null
   * @param normalised gives xhat, (n, ...) of the output's shape, for an input
   * @param axes where gamma and beta stand
   */
  public AffineRule(
      @Nullable Parameter weight,
      @Nullable Parameter bias,
      UnaryOperator<Tensor> normalised,
      Axes axes) {
    this.weight = weight;
    this.bias = bias;
    this.normalised = normalised;
    this.axes = axes;
  }

  @Override
  public Optional<MatrixLayout> rows() {
    return weight == null || bias == null || weight.size() != bias.size()
        ? Optional.empty()
        : Optional.of(new MatrixLayout(1, weight.size(), 1, true, 0));
  }

  @Override
  public boolean gradientsAreSmall() {
    return true;
  }

  @Override
  public Prepared prepare(LayerUse use, Scope.Owner lifetime) {
    if (weight == null) {
      return (parameter, g) -> sumShared(g, parameter.size());
    }
    Tensor xhat = lifetime.adopt(normalised.apply(use.input()));
    return (parameter, g) -> sumShared(parameter == bias ? g : g.mul(xhat), parameter.size());
  }

  /** (n, ...) to (n, size): the sum over all positions that share an element. */
  private Tensor sumShared(Tensor t, long size) {
    return switch (axes) {
      case CHANNELS -> t.reshape(t.size(0), size, -1).sum(2);
      case TRAILING -> t.reshape(t.size(0), -1, size).sum(1);
    };
  }
}
