package io.nngeometry.fisher;

import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * An estimate of the output Hessian H of every example of a minibatch as a sum of outer products of
 * cotangents. One backward per cotangent brings it to the parameters.
 */
public abstract class Cotangents {
  /** How many. */
  public abstract int count();

  /** Cotangent k, of the outputs' shape. */
  public abstract Tensor get(int k);

  /** The estimate of H applied to {@code u}, of the outputs' shape. */
  Tensor apply(Tensor u) {
    Tensor total = org.bytedeco.pytorch.global.torch.zeros_like(u);
    for (int k = 0; k < count(); k++) {
      Tensor c = get(k);
      total.add_(c.mul(perExample(dot(c, u), c)));
    }
    return total;
  }

  /** u^T H u for every example, (n). */
  Tensor quadratic(Tensor u) {
    return dot(u, apply(u));
  }

  private static Tensor dot(Tensor a, Tensor b) {
    return Tensors.flatten(a).mul(Tensors.flatten(b)).sum(1);
  }

  private static Tensor perExample(Tensor weights, Tensor like) {
    long[] shape = new long[(int) like.dim()];
    java.util.Arrays.fill(shape, 1);
    shape[0] = like.size(0);
    return weights.view(shape);
  }
}
