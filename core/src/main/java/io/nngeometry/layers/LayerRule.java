package io.nngeometry.layers;

import java.util.Optional;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/** How the per-example gradients of a layer's parameters follow from what the layer saw. */
public interface LayerRule {
  /** Does once what depends on the input alone, for any number of output gradients to share. */
  Prepared prepare(LayerUse use);

  /** The rule as a linear map with shared weights, if it is one. */
  default Optional<LinearMapRule> asLinearMap() {
    return Optional.empty();
  }

  /**
   * The output's change with the parameters, if for a given input that is a linear map: the output
   * is then one too, up to a constant.
   */
  default Optional<Change> change() {
    return Optional.empty();
  }

  /**
   * Weight and bias as rows that each own a bias element, where they are such: what a
   * quasi-diagonal block needs.
   */
  default Optional<MatrixLayout> rows() {
    return Optional.empty();
  }

  /** How a layer's output changes with its parameters, where it does so linearly. */
  interface Change {
    /**
     * The change of the output along a direction, in which it is differentiable; of the output's
     * shape.
     *
     * @param use what the layer saw and gave
     * @param direction of every parameter of the layer, of its shape
     */
    Tensor along(LayerUse use, Function<Parameter, Tensor> direction);
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
