package io.nngeometry.fisher;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Linearisation.Order;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.Model;
import io.nngeometry.operators.PullBack;
import io.nngeometry.operators.PushForward;
import io.nngeometry.vectors.PFMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import org.bytedeco.pytorch.Tensor;

/**
 * The derivatives of all outputs on all examples in the parameters, J[k,i,p] = d f_k(x_i) / d w_p:
 * stored, or implicit as the maps J and J^T.
 */
public final class Jacobian {
  private final Pass pass;
  private final MemoryBudget budget;

  private Jacobian(Pass pass, MemoryBudget budget) {
    this.pass = pass;
    this.budget = budget;
  }

  /** The derivatives in all parameters of {@code model}, which must be in evaluation mode. */
  public static Jacobian of(Model model, Examples data) {
    return of(model, LayerCollection.of(model), data);
  }

  /** The derivatives in the parameters of {@code layers}. */
  public static Jacobian of(Model model, LayerCollection layers, Examples data) {
    return new Jacobian(Pass.of(model, layers, data), MemoryBudget.ofMachine());
  }

  /** The bytes that the stored map may take; seven tenths of the machine's memory by default. */
  public Jacobian memoryBudget(MemoryBudget other) {
    return new Jacobian(pass, other);
  }

  /** Allows parameters that no rule covers, by reading examples one at a time. */
  public Jacobian perExampleFallback() {
    return new Jacobian(
        new Pass(pass.model(), pass.layers(), pass.data(), true, pass.progress()), budget);
  }

  /** All outputs on all examples, (n, ...) in the model's shape, without history. */
  public Tensor outputs() {
    List<Tensor> parts = new ArrayList<>();
    pass.forEachBatch(
        batch -> {
          try (var none = io.nngeometry.engine.GradMode.disabled()) {
            parts.add(Scope.detach(pass.forward(batch)));
          }
        });
    return collected(parts);
  }

  /**
   * The stored map (c, n, d), by one input-only backward per output.
   *
   * @throws MemoryBudgetException if it does not fit
   */
  public PFMap dense() {
    long n = pass.data().size();
    try (var all =
        new JacobianAccumulator(
            pass.layers(),
            n,
            1,
            Tensors.options(pass.like()),
            (c, bytes) ->
                budget.check(
                    "the Jacobian of %d outputs on %d examples".formatted(c, n),
                    bytes,
                    "use pushForward() and pullBack(), which store nothing"))) {
      Filling filling = new Filling(List.of(all));
      pass.forEachRecorded(r -> filling.fill(r, new UnitCotangents(r.outputs())));
      return PFMap.of(pass.layers(), all.take());
    }
  }

  /** Number of examples, n. */
  public long examples() {
    return pass.data().size();
  }

  /** Number of parameters, d. */
  public long parameters() {
    return pass.layers().size();
  }

  /**
   * The stored map some examples at a time, for one that memory does not hold: the place of the
   * first of them, and their derivatives (c, m, d), which end with the call. There are as many as
   * the data has in a minibatch, or as half of the budget holds.
   *
   * @throws MemoryBudgetException if not even one example fits
   */
  public void forEachPart(BiConsumer<Long, Tensor> consumer) {
    double perExample = bytesPerExample();
    budget.check(
        "the Jacobian on one example", 2 * perExample, "look at some of the layers at a time");
    long most = Math.max(1, (long) (budget.bytes() / (2 * perExample)));
    pass.data()
        .batches(Math.min(pass.data().batchSize(), most))
        .forEach(
            batch -> {
              Examples mine = Examples.of(batch.inputs(), null).batches(batch.size());
              try (PFMap part = new Jacobian(pass.over(mine), budget).dense()) {
                consumer.accept(batch.first(), part.tensor());
              }
            });
  }

  private double bytesPerExample() {
    try (Scope scope = Scope.open()) {
      Tensor outputs = new Jacobian(pass.over(pass.data().first(1)), budget).outputs();
      return (double) outputs.numel() * parameters() * outputs.element_size();
    }
  }

  /** w to J w, by one forward pass in forward mode a product; nothing is stored. */
  public PushForward pushForward() {
    return new PushForward() {
      @Override
      public LayerCollection layers() {
        return pass.layers();
      }

      @Override
      public Tensor apply(Tensor rows) {
        PushForward.check(rows, layers());
        long m = rows.size(0);
        Tensor v = rows.detach();
        List<Tensor> parts = new ArrayList<>();
        pass.forEachBatch(
            batch -> {
              var f = new Linearisation(pass, batch, Order.TANGENTS, m > 1);
              List<Tensor> images = new ArrayList<>();
              for (long k = 0; k < m; k++) {
                images.add(Tensors.flatten(f.push(v.select(0, k)).tangents()));
              }
              parts.add(Scope.detach(Tensors.stack(images, 0)));
            });
        Tensor all = Scope.keeping(() -> Tensors.cat(parts, 1).transpose(1, 2).contiguous());
        parts.forEach(Tensor::close);
        return all;
      }
    };
  }

  /** u to J^T u, by one forward pass and a backward a product; nothing is stored. */
  public PullBack pullBack() {
    return new PullBack() {
      @Override
      public LayerCollection layers() {
        return pass.layers();
      }

      @Override
      public Tensor apply(Tensor functions) {
        if (functions.dim() != 3 || functions.size(2) != pass.data().size()) {
          throw new IllegalArgumentException(
              "function vectors of shape %s do not fit data of %d examples"
                  .formatted(Arrays.toString(Tensors.shape(functions)), pass.data().size()));
        }
        long m = functions.size(0);
        return Scope.keeping(
            () -> {
              Tensor u = functions.detach().transpose(1, 2);
              Tensor total = Tensors.zeros(pass.like(), m, pass.layers().size());
              pass.forEachBatch(
                  batch -> {
                    var f = new Linearisation(pass, batch, Order.FIRST, false);
                    Tensor mine = u.narrow(1, batch.first(), batch.size());
                    for (long k = 0; k < m; k++) {
                      try (Scope one = Scope.open()) {
                        Tensor cotangent = cotangent(f.outputs(), mine.select(0, k));
                        f.pull(cotangent, k == m - 1, total.select(0, k));
                      }
                    }
                  });
              return total;
            });
      }
    };
  }

  private static Tensor cotangent(Tensor outputs, Tensor rows) {
    if (outputs.numel() != rows.numel()) {
      throw new IllegalArgumentException(
          "a function vector over %d outputs does not fit a model of %d"
              .formatted(rows.size(1), outputs.numel() / outputs.size(0)));
    }
    return rows.reshape(Tensors.shape(outputs));
  }

  private static Tensor collected(List<Tensor> parts) {
    Tensor all = Scope.keeping(() -> Tensors.cat(parts, 0).clone());
    parts.forEach(Tensor::close);
    return all;
  }
}
