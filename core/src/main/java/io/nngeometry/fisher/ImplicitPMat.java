package io.nngeometry.fisher;

import io.nngeometry.data.Minibatch;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.SymmetricEigen;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Linearisation.Order;
import io.nngeometry.fisher.Linearisation.Pushed;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.RecordingException;
import io.nngeometry.operators.LowRankPMat;
import io.nngeometry.operators.MatrixFreePMat;
import io.nngeometry.operators.PMat;
import io.nngeometry.operators.RefusedOperationException;
import io.nngeometry.vectors.PFMap;
import io.nngeometry.vectors.PVector;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * The matrix of which nothing is stored: every product reads the examples again. M v costs a
 * Jacobian-vector product, the output metric in closed form and a vector-Jacobian product, whatever
 * the number of outputs; v^T M v the first two alone. Several vectors share each minibatch's
 * forward pass. Centred, M v reads the examples twice.
 */
final class ImplicitPMat extends MatrixFreePMat {
  private final Estimation estimation;
  private final Pass pass;

  /** Until the model turns out to be one of which no record can be kept. */
  private volatile boolean bySignals;

  ImplicitPMat(Estimation estimation) {
    this.estimation = estimation;
    this.pass = estimation.pass();
    this.bySignals = SignalProducts.serve(estimation);
  }

  @Override
  protected TensorOptions options() {
    return Tensors.options(pass.like());
  }

  @Override
  public LayerCollection layers() {
    return pass.layers();
  }

  @Override
  public String representation() {
    return "implicit";
  }

  private Scalar examples() {
    return new Scalar((double) pass.data().size());
  }

  @Override
  public Tensor apply(Tensor rows) {
    try (Scope scope = Scope.open()) {
      Tensor v = rows.detach();
      Tensor total = torch.zeros_like(v);
      if (estimation.centred()) {
        addCentred(v, total);
      } else if (!addBySignals(v, total)) {
        addByTangents(v, total);
      }
      return scope.keep(total.div_(examples()));
    }
  }

  /** Whether that could be done; if not, nothing has been added. */
  private boolean addBySignals(Tensor v, Tensor total) {
    if (!bySignals) {
      return false;
    }
    try {
      pass.forEachRecorded(
          recorded -> {
            var products = new SignalProducts(estimation, recorded);
            for (long k = 0; k < v.size(0); k++) {
              products.add(v.select(0, k), total.select(0, k));
            }
          });
      return true;
    } catch (RecordingException e) {
      bySignals = false;
      total.zero_();
      return false;
    }
  }

  private void addByTangents(Tensor v, Tensor total) {
    long m = v.size(0);
    pass.forEachBatch(
        batch -> {
          var f = new Linearisation(pass, batch, Order.FIRST, m > 1);
          for (long k = 0; k < m; k++) {
            try (Scope one = Scope.open()) {
              Pushed p = f.push(v.select(0, k));
              Tensor u = estimation.cotangents(p.outputs(), batch).apply(p.tangents());
              f.pull(u, k == m - 1, total.select(0, k));
            }
          }
        });
  }

  /** What every gradient's coordinate along v is: the mean of it, per cotangent, is taken off. */
  private void addCentred(Tensor v, Tensor total) {
    long m = v.size(0);
    Tensor coordinates = centredCoordinates(v);
    pass.forEachBatch(
        batch -> {
          var f = new Linearisation(pass, batch, Order.FIRST, false);
          for (long k = 0; k < m; k++) {
            try (Scope one = Scope.open()) {
              Tensor mine = coordinates.select(0, k).narrow(0, batch.first(), batch.size());
              Tensor u = estimation.cotangents(f.outputs(), batch).weighted(mine, f.outputs());
              f.pull(u, k == m - 1, total.select(0, k));
            }
          }
        });
  }

  /** (m, n, K): inner products of all gradients with every v, less their means over examples. */
  private Tensor centredCoordinates(Tensor v) {
    List<Tensor> parts = new ArrayList<>();
    forEachPushed(
        v,
        (batch, pushed) ->
            parts.add(
                Scope.detach(
                    Tensors.stack(
                        pushed.stream()
                            .map(
                                p ->
                                    estimation
                                        .cotangents(p.outputs(), batch)
                                        .coordinates(p.tangents()))
                            .toList(),
                        0))));
    Tensor all = Tensors.cat(parts, 1).clone();
    parts.forEach(Tensor::close);
    return all.sub(Tensors.sum(all, true, 1).div(examples()));
  }

  /** One reading of the examples: J v of a minibatch for every row v. */
  private void forEachPushed(Tensor v, BiConsumer<Minibatch, List<Pushed>> consumer) {
    long m = v.size(0);
    pass.forEachBatch(
        batch -> {
          var f = new Linearisation(pass, batch, Order.TANGENTS, m > 1);
          List<Pushed> pushed = new ArrayList<>();
          for (long k = 0; k < m; k++) {
            pushed.add(f.push(v.select(0, k)));
          }
          consumer.accept(batch, pushed);
        });
  }

  @Override
  public Tensor quadratic(PVector v) {
    return Scope.keeping(() -> quadraticRows(v.tensor().unsqueeze(0)).squeeze(0));
  }

  @Override
  public Tensor quadratic(PFMap map) {
    return Scope.keeping(
        () -> quadraticRows(map.tensor().flatten(0, 1)).view(map.outputs(), map.examples()));
  }

  private Tensor quadraticRows(Tensor rows) {
    if (rows.size(1) != size()) {
      throw new IllegalArgumentException(
          "a vector of %d coordinates does not fit a matrix over %s"
              .formatted(rows.size(1), layers()));
    }
    Tensor v = rows.detach();
    if (estimation.centred()) {
      return centredCoordinates(v).square().sum(1, 2).div_(examples());
    }
    Tensor total = Tensors.zeros(v, v.size(0));
    forEachPushed(
        v,
        (batch, pushed) -> {
          for (int k = 0; k < pushed.size(); k++) {
            Pushed p = pushed.get(k);
            Tensor perExample = estimation.cotangents(p.outputs(), batch).quadratic(p.tangents());
            total.select(0, k).add_(perExample.sum());
          }
        });
    return total.div_(examples());
  }

  /** Exact, by the squared norms of the gradients, most of them without the gradients. */
  @Override
  public double trace() {
    Types types = new Types(options(), pass.dtype(), pass.data().size(), estimation.centred());
    try (NormAccumulator norms = new NormAccumulator(layers(), types)) {
      Estimation planned = estimation.as(new Planner(estimation).trace());
      return norms.finish(planned.read(List.of(norms)));
    }
  }

  @Override
  public PVector diagonal() {
    try (PMat diagonal = stored(Representation.DIAG)) {
      return diagonal.diagonal().copy();
    }
  }

  @Override
  public Tensor toDense() {
    try (PMat dense = stored(Representation.DENSE)) {
      return dense.toDense();
    }
  }

  /** The Gram matrix of all gradients has its norms; refused where they do not fit in memory. */
  @Override
  public double frobeniusNorm() {
    try (PMat rows = gradients("the Frobenius norm")) {
      return rows.frobeniusNorm();
    }
  }

  /** Zero where there are fewer gradients than parameters. */
  @Override
  public double smallestEigenvalue() {
    try (LowRankPMat rows = gradients("the smallest eigenvalue")) {
      if (rows.rank() < size()) {
        return 0;
      }
      try (Scope scope = Scope.open()) {
        return Tensors.item(SymmetricEigen.of(rows.toDense()).values().min());
      }
    }
  }

  private LowRankPMat gradients(String operation) {
    try {
      return (LowRankPMat) stored(Representation.LOW_RANK);
    } catch (MemoryBudgetException e) {
      throw new RefusedOperationException(
          operation,
          representation(),
          "the gradients of all examples do not fit in memory",
          "a kfac or diag matrix answers it");
    }
  }

  private PMat stored(Representation representation) {
    return estimation.compute(List.of(representation)).get(0);
  }

  @Override
  public void close() {
    // nothing is stored
  }

  @Override
  public String toString() {
    return "implicit over " + layers();
  }
}
