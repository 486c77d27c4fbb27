package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.StackedGradients;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/**
 * Means of gradients over examples, one per cotangent: what a centred second moment takes off.
 * Where nothing is centred it holds and computes nothing.
 */
final class Means implements AutoCloseable {
  private final Types types;
  private final long[] shape;
  private final List<Sum> sums = new ArrayList<>();

  Means(Types types, long... shape) {
    this.types = types;
    this.shape = shape.clone();
  }

  /** Adds a sum over examples, computed only if it is needed. */
  void add(int cotangent, Supplier<Tensor> term) {
    if (types.centred()) {
      while (sums.size() <= cotangent) {
        sums.add(types.sum(shape));
      }
      sums.get(cotangent).add(term.get());
    }
  }

  /** Adds the sums over examples for cotangents from {@code first} on. */
  void add(int first, StackedGradients gradients) {
    for (int k = 0; k < gradients.each().size(); k++) {
      add(first + k, gradients.each().get(k)::sum);
    }
  }

  void merge(Means other) {
    for (int k = 0; k < other.sums.size(); k++) {
      if (k == sums.size()) {
        sums.add(types.sum(shape));
      }
      sums.get(k).merge(other.sums.get(k));
    }
  }

  /** The second moment less that of the means: {@code moments} minus sum over k of f(mean_k). */
  Tensor takenOff(Tensor moments, long examples, java.util.function.UnaryOperator<Tensor> f) {
    Tensor result = moments;
    for (Sum sum : sums) {
      result = result.sub(f.apply(sum.mean("a mean gradient", examples)));
    }
    return result;
  }

  /** The means stacked, (K, ...). */
  Tensor stacked(long examples) {
    return Tensors.stack(sums.stream().map(s -> s.mean("a mean gradient", examples)).toList(), 0);
  }

  /** Sum of the squared norms of the means. */
  double squaredNorm(long examples) {
    if (sums.isEmpty()) {
      return 0;
    }
    try (Scope scope = Scope.open()) {
      return Tensors.item(stacked(examples).square().sum());
    }
  }

  @Override
  public void close() {
    sums.forEach(Sum::close);
  }
}
