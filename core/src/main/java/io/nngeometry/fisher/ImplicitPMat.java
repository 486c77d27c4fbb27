package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.LayerGradients;
import io.nngeometry.linalg.ConjugateGradient;
import io.nngeometry.linalg.Lanczos;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.PMat;
import io.nngeometry.operators.RefusedOperationException;
import io.nngeometry.operators.SingularBlockException;
import io.nngeometry.vectors.PFMap;
import io.nngeometry.vectors.PVector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The matrix of which nothing is stored: every product reads the examples again. M v costs a
 * Jacobian-vector product, the output metric in closed form and a vector-Jacobian product, whatever
 * the number of outputs; v^T M v the first two alone.
 */
final class ImplicitPMat implements PMat {
  private final Pass pass;
  private final Metric metric;
  private final Estimator estimator;
  private final MemoryBudget budget;

  ImplicitPMat(Pass pass, Metric metric, Estimator estimator, MemoryBudget budget) {
    this.pass = pass;
    this.metric = metric;
    this.estimator = estimator;
    this.budget = budget;
  }

  @Override
  public LayerCollection layers() {
    return pass.layers();
  }

  @Override
  public String representation() {
    return "implicit";
  }

  @Override
  public Tensor apply(Tensor rows) {
    try (Scope scope = Scope.open()) {
      Tensor total = org.bytedeco.pytorch.global.torch.zeros_like(rows.detach());
      pass.forEachBatch(
          batch -> {
            for (long k = 0; k < rows.size(0); k++) {
              try (Scope one = Scope.open()) {
                Tensor image =
                    Jvp.around(
                        pass,
                        batch,
                        rows.select(0, k).detach(),
                        (outputs, u) -> estimator.cotangents(metric, outputs, batch).apply(u));
                total.select(0, k).add_(image);
              }
            }
          });
      return scope.keep(total.div_(new Scalar((double) pass.data().size())));
    }
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
    Tensor total = Tensors.zeros(rows, rows.size(0));
    pass.forEachBatch(
        batch -> {
          for (long k = 0; k < rows.size(0); k++) {
            try (Scope one = Scope.open()) {
              Jvp.Linearised f = Jvp.push(pass, batch, rows.select(0, k).detach());
              total
                  .select(0, k)
                  .add_(
                      estimator
                          .cotangents(metric, f.outputs(), batch)
                          .quadratic(f.tangents())
                          .sum());
            }
          }
        });
    return total.div_(new Scalar((double) pass.data().size()));
  }

  private interface GradientConsumer {
    void accept(Map<String, LayerGradients> gradients, long examples);
  }

  private void forEachCotangent(GradientConsumer consumer) {
    pass.forEachRecorded(
        recorded -> {
          Cotangents cotangents =
              estimator.cotangents(metric, recorded.outputs(), recorded.batch());
          int count = cotangents.count();
          for (int k = 0; k < count; k++) {
            try (Scope scope = Scope.open()) {
              consumer.accept(
                  recorded.gradients(cotangents.get(k), k == count - 1), recorded.size());
            }
          }
        });
  }

  /** Exact, by the squared norms of the gradients, most of them without the gradients. */
  @Override
  public double trace() {
    double[] sum = {0};
    forEachCotangent(
        (gradients, n) -> {
          for (LayerGradients g : gradients.values()) {
            sum[0] += Tensors.item(g.squaredNorms().sum());
          }
        });
    return sum[0] / pass.data().size();
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

  private PMat stored(Representation representation) {
    return new Estimation(pass, metric, estimator, null, budget)
        .compute(List.of(representation))
        .get(0);
  }

  /**
   * Exact, by the Gram matrix of all gradients: |M| = |J J^T| / n.
   *
   * @throws RefusedOperationException if the gradients do not fit in the memory budget
   */
  @Override
  public double frobeniusNorm() {
    try (Scope scope = Scope.open()) {
      Tensor j = gradientRows("the Frobenius norm");
      return Tensors.item(j.matmul(j.t()).norm()) / pass.data().size();
    }
  }

  @Override
  public double spectralNorm() {
    return Lanczos.DEFAULT.spectralNorm(this, Tensors.options(pass.like()));
  }

  /**
   * Zero where there are fewer gradients than parameters.
   *
   * @throws RefusedOperationException if the gradients do not fit in the memory budget
   */
  @Override
  public double smallestEigenvalue() {
    try (Scope scope = Scope.open()) {
      Tensor j = gradientRows("the smallest eigenvalue");
      if (j.size(0) < j.size(1)) {
        return 0;
      }
      Tensor moments = j.t().matmul(j).div(new Scalar((double) pass.data().size()));
      return Tensors.item(org.bytedeco.pytorch.global.torch.linalg_eigvalsh(moments).min());
    }
  }

  /** All gradients, one row for each example and cotangent. */
  private Tensor gradientRows(String operation) {
    List<Tensor> rows = new ArrayList<>();
    long[] bytes = {0};
    forEachCotangent(
        (gradients, n) -> {
          bytes[0] += n * size() * pass.like().element_size();
          if (bytes[0] > budget.bytes()) {
            throw new RefusedOperationException(
                operation,
                representation(),
                "the gradients of all examples do not fit in " + MemoryBudget.human(budget.bytes()),
                "a kfac or diag matrix answers it");
          }
          try (Scope scope = Scope.open()) {
            Tensor mine = Tensors.zeros(pass.like(), n, size());
            for (var layer : layers().layers()) {
              LayerGradients g = gradients.get(layer.id());
              if (g != null) {
                layer.of(mine).copy_(g.perExample());
              }
            }
            rows.add(Scope.detach(mine));
          }
        });
    Tensor all = Tensors.cat(rows, 0).clone();
    rows.forEach(Tensor::close);
    return all;
  }

  /** By conjugate gradients to a relative residual of 1e-10 (1e-5 in float32). */
  @Override
  public Tensor solve(Tensor rows, Damping damping) {
    if (damping.lambda() == 0) {
      throw new SingularBlockException("an implicit matrix", 0);
    }
    boolean wide = pass.like().element_size() == 8;
    return new ConjugateGradient(wide ? 1e-10 : 1e-5, 1000)
        .solve(this, rows.detach(), damping.lambda())
        .x();
  }

  @Override
  public long bytes() {
    return 0;
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
