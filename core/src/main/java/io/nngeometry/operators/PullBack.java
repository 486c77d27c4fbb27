package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.vectors.FVector;
import io.nngeometry.vectors.PFMap;
import io.nngeometry.vectors.PVector;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

/**
 * The linear map u to J^T u, from function to parameter space; adjoint to a {@link PushForward}.
 */
public interface PullBack {
  /** The parameters on its parameter side. */
  LayerCollection layers();

  /**
   * J^T u for several u, which share a reading of the examples: (m, c, n) to (m, d).
   *
   * @throws IllegalArgumentException if the shape does not fit the outputs and examples
   */
  Tensor apply(Tensor functions);

  /** J^T u. */
  default PVector apply(FVector u) {
    return PVector.of(layers(), Scope.keeping(() -> apply(u.tensor().unsqueeze(0)).squeeze(0)));
  }

  /** The map of a stored Jacobian. */
  static PullBack of(PFMap jacobian) {
    return new PullBack() {
      @Override
      public LayerCollection layers() {
        return jacobian.layers();
      }

      @Override
      public Tensor apply(Tensor functions) {
        if (functions.dim() != 3
            || functions.size(1) != jacobian.outputs()
            || functions.size(2) != jacobian.examples()) {
          throw new IllegalArgumentException(
              "function vectors of shape %s do not fit a map of shape (%d, %d, %d)"
                  .formatted(
                      Arrays.toString(Tensors.shape(functions)),
                      jacobian.outputs(),
                      jacobian.examples(),
                      layers().size()));
        }
        return Scope.keeping(() -> functions.flatten(1, 2).matmul(jacobian.tensor().flatten(0, 1)));
      }
    };
  }
}
