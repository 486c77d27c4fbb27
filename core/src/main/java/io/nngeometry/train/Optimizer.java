package io.nngeometry.train;

import io.nngeometry.layers.Parameter;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * A rule that turns gradients into steps. It is a value; {@link #start} makes what has a memory.
 */
public interface Optimizer {
  /** Begins to optimise {@code parameters}, with an empty memory. */
  Run start(List<Parameter> parameters);

  /** An optimisation under way. */
  interface Run extends AutoCloseable {
    /**
     * Updates the parameters in place.
     *
     * @param gradients one for each parameter, of its shape
     * @param learningRate of this step
     */
    void step(List<Tensor> gradients, double learningRate);

    /** The memory of earlier steps by name: views, not copies. */
    Map<String, Tensor> state();

    /**
     * Copies a memory that {@link #state} gave, after as many steps of the same rule on the same
     * parameters.
     *
     * @throws IllegalArgumentException naming what is missing, unexpected or of another shape
     */
    default void load(Map<String, Tensor> saved) {
      Moments.copy(saved, state());
    }

    /** Frees the memory of earlier steps. */
    @Override
    void close();
  }
}
