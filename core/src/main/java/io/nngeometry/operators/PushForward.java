package io.nngeometry.operators;

import io.nngeometry.layers.LayerCollection;
import io.nngeometry.vectors.FVector;
import io.nngeometry.vectors.PFMap;
import io.nngeometry.vectors.PVector;

/** The linear map w to J w, from parameter to function space; adjoint to a {@link PullBack}. */
public interface PushForward {
  /** The parameters on its parameter side. */
  LayerCollection layers();

  /** J w: what a change of parameters does to the outputs, to first order, (c, n). */
  FVector apply(PVector w);

  /** The map of a stored Jacobian. */
  static PushForward of(PFMap jacobian) {
    return new PushForward() {
      @Override
      public LayerCollection layers() {
        return jacobian.layers();
      }

      @Override
      public FVector apply(PVector w) {
        return jacobian.push(w);
      }
    };
  }
}
