package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.LayerGradients;
import io.nngeometry.layers.LayerInputs;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** All gradients themselves: the stacked Jacobian of a low-rank matrix, written where it stays. */
final class RowAccumulator implements Accumulator {
  private final Rows rows;
  private final Types types;
  private final MemoryBudget budget;
  private final long examples;
  private final Means means;
  private long first;
  private boolean finished;
  private @Nullable Tensor all;

  /**
   * @param examples how many there will be
   */
  RowAccumulator(LayerCollection layers, long examples, Types types, MemoryBudget budget) {
    this.types = types;
    this.budget = budget;
    this.examples = examples;
    rows = new Rows(layers.layers(), types);
    means = types.means(rows.size());
  }

  @Override
  public void inputs(Map<String, LayerInputs> inputs, int cotangents) {
    if (all == null) {
      budget.check(
          "the gradients of all examples and outputs",
          (double) cotangents * examples * rows.size() * types.terms().dtype().itemsize(),
          "use kfac, diag or implicit, or a low-rank matrix of a given rank");
      all = Scope.detach(Tensors.empty(types.terms(), cotangents, examples, rows.size()));
    }
  }

  @Override
  public void gradients(Map<String, LayerGradients> gradients, long count, int cotangent) {
    try (Scope scope = Scope.open()) {
      Tensor mine = written().select(0, cotangent).narrow(0, first, count);
      rows.into(mine, gradients, Math.sqrt(examples));
      means.add(cotangent, () -> mine.sum(0));
      if (cotangent == written().size(0) - 1) {
        first += count;
      }
    }
  }

  private Tensor written() {
    return Objects.requireNonNull(all, "no minibatch has been seen");
  }

  /**
   * The rows divided by the root of n, (K n, d), cotangent by cotangent; the product is the matrix.
   * They are not copied: nothing may be added afterwards.
   */
  Tensor finish() {
    try (Scope scope = Scope.open()) {
      if (!finished && types.centred()) {
        written().sub_(means.stacked(examples).unsqueeze(1));
      }
      finished = true;
      return scope.keep(written().view(-1, rows.size()));
    }
  }

  @Override
  public void close() {
    if (all != null) {
      all.close();
    }
    means.close();
  }
}
