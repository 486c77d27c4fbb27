package io.nngeometry.fisher;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.LayerGradients;
import io.nngeometry.layers.Model;
import io.nngeometry.operators.PullBack;
import io.nngeometry.operators.PushForward;
import io.nngeometry.vectors.FVector;
import io.nngeometry.vectors.PFMap;
import io.nngeometry.vectors.PVector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

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
    Tensor[] all = {null};
    pass.forEachRecorded(
        recorded -> {
          Tensor outputs = recorded.outputs();
          long c = outputs.numel() / outputs.size(0);
          if (all[0] == null) {
            long n = pass.data().size();
            budget.check(
                "the Jacobian of %d outputs on %d examples".formatted(c, n),
                (double) c * n * pass.layers().size() * outputs.element_size(),
                "use pushForward() and pullBack(), which store nothing");
            all[0] = Scope.detach(Tensors.zeros(outputs, c, n, pass.layers().size()));
          }
          Tensor mine = all[0].narrow(1, recorded.batch().first(), recorded.size());
          for (long k = 0; k < c; k++) {
            try (Scope scope = Scope.open()) {
              Tensor unit = torch.zeros_like(outputs);
              Tensors.flatten(unit).select(1, k).fill_(new Scalar(1));
              Map<String, LayerGradients> gradients = recorded.gradients(unit, k == c - 1);
              for (Layer layer : pass.layers().layers()) {
                LayerGradients g = gradients.get(layer.id());
                if (g != null) {
                  layer.of(mine.select(0, k)).copy_(g.perExample());
                }
              }
            }
          }
        });
    return PFMap.of(pass.layers(), java.util.Objects.requireNonNull(all[0]));
  }

  /** w to J w, by one forward pass in forward mode a product. */
  public PushForward pushForward() {
    return new PushForward() {
      @Override
      public LayerCollection layers() {
        return pass.layers();
      }

      @Override
      public FVector apply(PVector w) {
        checkLayers(w.layers());
        List<Tensor> parts = new ArrayList<>();
        pass.forEachBatch(
            batch -> {
              Tensor t = Jvp.push(pass, batch, w.tensor().detach()).tangents();
              parts.add(Scope.detach(Tensors.flatten(t)));
            });
        return FVector.of(Scope.keeping(() -> collected(parts).t().contiguous()));
      }
    };
  }

  /** u to J^T u, by one backward a product. */
  public PullBack pullBack() {
    return new PullBack() {
      @Override
      public LayerCollection layers() {
        return pass.layers();
      }

      @Override
      public PVector apply(FVector u) {
        if (u.examples() != pass.data().size()) {
          throw new IllegalArgumentException(
              "a function vector over %d examples does not fit data of %d"
                  .formatted(u.examples(), pass.data().size()));
        }
        return PVector.of(
            pass.layers(),
            Scope.keeping(
                () -> {
                  Tensor total = Tensors.zeros(pass.like(), pass.layers().size());
                  pass.forEachBatch(
                      batch -> {
                        Tensor mine = u.tensor().narrow(1, batch.first(), batch.size()).t();
                        total.add_(Jvp.pull(pass, batch, outputs -> cotangent(outputs, mine)));
                      });
                  return total;
                }));
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

  private void checkLayers(@Nullable LayerCollection other) {
    if (!pass.layers().equals(other)) {
      throw new IllegalArgumentException(
          "a vector over %s does not fit a map over %s".formatted(other, pass.layers()));
    }
  }

  private static Tensor collected(List<Tensor> parts) {
    Tensor all = Scope.keeping(() -> Tensors.cat(parts, 0).clone());
    parts.forEach(Tensor::close);
    return all;
  }
}
