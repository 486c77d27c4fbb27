package io.nngeometry.layers;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * A function of examples with parameters: the only thing the geometry needs to know of a network.
 */
public interface Model {
  /**
   * Applies the model to a minibatch.
   *
   * @param inputs tensors whose first axis runs over the n examples
   * @return the outputs, (n, ...): everything after the first axis is an output
   */
  Tensor forward(Tensor... inputs);

  /** Every parametric layer by id, in registration order, shared ones once. */
  Map<String, ParametricLayer> layers();

  /** Ids of the parts that are in training mode, in which examples may depend on each other. */
  java.util.List<String> partsInTraining();
}
