package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.LayerGradients;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** All gradients themselves: the stacked Jacobian of a low-rank matrix. */
final class RowAccumulator implements Accumulator {
  private final Rows rows;
  private final Types types;
  private final MemoryBudget budget;
  private final List<List<Tensor>> byCotangent = new ArrayList<>();
  private final Means means;
  private double bytes;

  RowAccumulator(LayerCollection layers, Types types, MemoryBudget budget) {
    this.types = types;
    this.budget = budget;
    rows = new Rows(layers.layers(), types);
    means = types.means(rows.size());
  }

  @Override
  public void gradients(Map<String, LayerGradients> gradients, long examples, int cotangent) {
    bytes += (double) examples * rows.size() * (double) types.terms().dtype().itemsize();
    budget.check(
        "the gradients of all examples and outputs",
        bytes,
        "use kfac, diag or implicit, or a low-rank matrix of a given rank");
    try (Scope scope = Scope.open()) {
      Tensor mine = rows.of(gradients, examples);
      while (byCotangent.size() <= cotangent) {
        byCotangent.add(new ArrayList<>());
      }
      byCotangent.get(cotangent).add(Scope.detach(mine.clone()));
      means.add(cotangent, () -> mine.sum(0));
    }
  }

  /**
   * The rows divided by the root of n, (K n, d), cotangent by cotangent; the product is the matrix.
   */
  Tensor finish(long examples) {
    return Scope.keeping(
        () -> {
          List<Tensor> parts = new ArrayList<>();
          Tensor centres = types.centred() ? means.stacked(examples) : null;
          for (int k = 0; k < byCotangent.size(); k++) {
            Tensor mine = Tensors.cat(byCotangent.get(k), 0);
            parts.add(centres == null ? mine : mine.sub(centres.select(0, k)));
          }
          return Tensors.cat(parts, 0).div(new Scalar(Math.sqrt(examples)));
        });
  }

  @Override
  public void close() {
    byCotangent.forEach(parts -> parts.forEach(Tensor::close));
    means.close();
  }
}
