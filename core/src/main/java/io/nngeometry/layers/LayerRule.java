package io.nngeometry.layers;

import io.nngeometry.engine.Scope;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** How the per-example gradients of a layer's parameters follow from what the layer saw. */
public interface LayerRule {
  /**
   * Does once what depends on the input alone, for any number of output gradients to share.
   *
   * @param lifetime owns what the result holds
   */
  Prepared prepare(LayerUse use, Scope.Owner lifetime);

  /** The rule as a linear map with shared weights, if it is one. */
  default Optional<LinearMapRule> asLinearMap() {
    return Optional.empty();
  }

  /**
   * Whether an example's gradient is never many more numbers than its output, so that the gradients
   * of a minibatch may be held.
   */
  default boolean gradientsAreSmall() {
    return false;
  }

  /**
   * Weight and bias as rows that each own a bias element, where they are such: what a
   * quasi-diagonal block needs.
   */
  default Optional<MatrixLayout> rows() {
    return Optional.empty();
  }

  /** The input side of one use. */
  interface Prepared {
    /**
     * Per-example gradients of one parameter.
     *
     * @param parameter one of the layer's
     * @param outputGradient gradient at the layer's output, of the output's shape
     * @return (n, parameter size), row-major
     */
    Tensor perExample(Parameter parameter, Tensor outputGradient);
  }
}
