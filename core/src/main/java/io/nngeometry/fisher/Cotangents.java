package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * An estimate of the output Hessian H of every example of a minibatch as a sum of outer products of
 * cotangents. One backward per cotangent brings it to the parameters.
 */
public abstract class Cotangents {
  /** How many. */
  public abstract int count();

  /** Cotangent k, of the outputs' shape. */
  public abstract Tensor get(int k);

  /**
   * Some cotangents from {@code first} on, without what they are made of: small tensors that come
   * between those of several backwards would keep the allocator from using freed memory again.
   */
  final List<Tensor> some(int first, int howMany) {
    List<Tensor> columns = new ArrayList<>();
    for (int k = first; k < first + howMany; k++) {
      int number = k;
      columns.add(Scope.keeping(() -> get(number)));
    }
    return columns;
  }

  /** Inner products with every cotangent: {@code u} of the outputs' shape to (n, K). */
  final Tensor coordinates(Tensor u) {
    Tensor flat = Tensors.flatten(u);
    List<Tensor> columns = new ArrayList<>();
    for (int k = 0; k < count(); k++) {
      columns.add(Tensors.flatten(get(k)).mul(flat).sum(1));
    }
    return Tensors.stack(columns, 1);
  }

  /** The sum of all cotangents with weights (n, K), of the outputs' shape. */
  final Tensor weighted(Tensor coordinates, Tensor outputs) {
    long[] perExample = new long[(int) outputs.dim()];
    Arrays.fill(perExample, 1);
    perExample[0] = outputs.size(0);
    Tensor total = torch.zeros_like(outputs);
    for (int k = 0; k < count(); k++) {
      total.addcmul_(get(k), coordinates.select(1, k).reshape(perExample));
    }
    return total;
  }

  /** The estimate of H applied to {@code u}, of the outputs' shape. */
  Tensor apply(Tensor u) {
    Tensor flat = Tensors.flatten(u);
    Tensor total = torch.zeros_like(flat);
    for (int k = 0; k < count(); k++) {
      Tensor mine = Tensors.flatten(get(k));
      total.addcmul_(mine, Tensors.sum(mine.mul(flat), true, 1));
    }
    return total.view_as(u);
  }

  /** u^T H u for every example, (n). */
  final Tensor quadratic(Tensor u) {
    return Tensors.flatten(u).mul(Tensors.flatten(apply(u))).sum(1);
  }
}
