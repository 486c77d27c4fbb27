package io.nngeometry.operators;

import io.nngeometry.layers.LayerCollection;
import io.nngeometry.vectors.FVector;
import io.nngeometry.vectors.PFMap;
import io.nngeometry.vectors.PVector;

/**
 * The linear map u to J^T u, from function to parameter space; adjoint to a {@link PushForward}.
 */
public interface PullBack {
  /** The parameters on its parameter side. */
  LayerCollection layers();

  /** J^T u. */
  PVector apply(FVector u);

  /** The map of a stored Jacobian. */
  static PullBack of(PFMap jacobian) {
    return new PullBack() {
      @Override
      public LayerCollection layers() {
        return jacobian.layers();
      }

      @Override
      public PVector apply(FVector u) {
        return jacobian.pull(u);
      }
    };
  }
}
