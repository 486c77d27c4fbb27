package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.vectors.FVector;
import io.nngeometry.vectors.PFMap;
import io.nngeometry.vectors.PVector;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

/** The linear map w to J w, from parameter to function space; adjoint to a {@link PullBack}. */
public interface PushForward {
  /** The parameters on its parameter side. */
  LayerCollection layers();

  /** J w for every row w, which share a reading of the examples: (m, d) to (m, c, n). */
  Tensor apply(Tensor rows);

  /**
   * J w: what a change of parameters does to the outputs, to first order, (c, n).
   *
   * @throws IllegalArgumentException if {@code w} is over other parameters
   */
  default FVector apply(PVector w) {
    if (!layers().equals(w.layers())) {
      throw new IllegalArgumentException(
          "a vector over %s does not fit a map over %s".formatted(w.layers(), layers()));
    }
    return FVector.of(Scope.keeping(() -> apply(w.tensor().unsqueeze(0)).squeeze(0)));
  }

  /** Fails unless {@code rows} are vectors (m, d) over {@code layers}. */
  static void check(Tensor rows, LayerCollection layers) {
    if (rows.dim() != 2 || rows.size(1) != layers.size()) {
      throw new IllegalArgumentException(
          "a tensor of shape %s does not fit a map over %s: it must be (m, %d)"
              .formatted(Arrays.toString(Tensors.shape(rows)), layers, layers.size()));
    }
  }

  /** The map of a stored Jacobian. */
  static PushForward of(PFMap jacobian) {
    return new PushForward() {
      @Override
      public LayerCollection layers() {
        return jacobian.layers();
      }

      @Override
      public Tensor apply(Tensor rows) {
        PushForward.check(rows, layers());
        return Scope.keeping(
            () ->
                rows.matmul(jacobian.tensor().flatten(0, 1).t())
                    .view(-1, jacobian.outputs(), jacobian.examples()));
      }
    };
  }
}
