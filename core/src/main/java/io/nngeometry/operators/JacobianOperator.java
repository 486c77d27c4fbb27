package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.linalg.RectangularOperator;
import io.nngeometry.vectors.FVector;
import io.nngeometry.vectors.PFMap;
import io.nngeometry.vectors.PVector;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * A Jacobian as a map between flat vectors, for solvers such as {@link io.nngeometry.linalg.Lsmr}:
 * d parameters to c n outputs, in the order of an {@link FVector}'s elements.
 *
 * <pre>{@code
 * JacobianOperator j = JacobianOperator.of(jacobian.pushForward(), jacobian.pullBack(), c, n);
 * Tensor step = Lsmr.DEFAULT.solve(j, residuals.tensor().reshape(1, -1), lambda).x();
 * }</pre>
 *
 * @param push J
 * @param pull J^T
 * @param outputs c
 * @param examples n
 */
public record JacobianOperator(PushForward push, PullBack pull, long outputs, long examples)
    implements RectangularOperator {
  /** Checks that the maps belong together. */
  public JacobianOperator {
    if (!push.layers().equals(pull.layers())) {
      throw new IllegalArgumentException(
          "a push-forward over %s is not the adjoint of a pull-back over %s"
              .formatted(push.layers(), pull.layers()));
    }
    if (outputs < 1 || examples < 1) {
      throw new IllegalArgumentException(
          "a Jacobian needs outputs and examples, got %d and %d".formatted(outputs, examples));
    }
  }

  /** Of two maps that are adjoint to each other. */
  public static JacobianOperator of(PushForward push, PullBack pull, long outputs, long examples) {
    return new JacobianOperator(push, pull, outputs, examples);
  }

  /** Of a stored Jacobian. */
  public static JacobianOperator of(PFMap jacobian) {
    return of(
        PushForward.of(jacobian), PullBack.of(jacobian), jacobian.outputs(), jacobian.examples());
  }

  @Override
  public long rows() {
    return Math.multiplyExact(outputs, examples);
  }

  @Override
  public long columns() {
    return push.layers().size();
  }

  @Override
  public Tensor apply(Tensor vectors) {
    return Scope.keeping(
        () -> {
          List<Tensor> images = new ArrayList<>();
          for (long k = 0; k < vectors.size(0); k++) {
            PVector w = PVector.of(push.layers(), vectors.select(0, k));
            images.add(push.apply(w).tensor().reshape(-1));
          }
          return Tensors.stack(images, 0);
        });
  }

  @Override
  public Tensor applyTransposed(Tensor vectors) {
    return Scope.keeping(
        () -> {
          List<Tensor> images = new ArrayList<>();
          for (long k = 0; k < vectors.size(0); k++) {
            FVector u = FVector.of(vectors.select(0, k).reshape(outputs, examples));
            images.add(pull.apply(u).tensor());
          }
          return Tensors.stack(images, 0);
        });
  }
}
