package io.nngeometry.fisher;

import io.nngeometry.data.Minibatch;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.operators.MatrixFreePMat;
import io.nngeometry.operators.PMat;
import io.nngeometry.operators.RefusedOperationException;
import io.nngeometry.vectors.PVector;
import java.util.List;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** The Hessian of which nothing is stored: every product reads the examples again. */
final class ImplicitHessian extends MatrixFreePMat {
  private final Pass pass;
  private final ExampleLoss loss;
  private final MemoryBudget budget;
  private @Nullable HessianProducts way;

  ImplicitHessian(Pass pass, ExampleLoss loss, MemoryBudget budget) {
    this.pass = pass;
    this.loss = loss;
    this.budget = budget;
  }

  /** The block of some of the parameters, the others being constants. */
  ImplicitHessian over(LayerCollection some) {
    Pass part = new Pass(pass.model(), some, pass.data(), pass.fallback(), pass.progress());
    return new ImplicitHessian(part, loss, budget);
  }

  Tensor like() {
    return pass.like();
  }

  @Override
  protected TensorOptions options() {
    return Tensors.options(like());
  }

  @Override
  public LayerCollection layers() {
    return pass.layers();
  }

  @Override
  public String representation() {
    return "implicit Hessian";
  }

  @Override
  public Tensor apply(Tensor rows) {
    if (rows.size(1) != size()) {
      throw new IllegalArgumentException(
          "a vector of %d coordinates does not fit a matrix over %s"
              .formatted(rows.size(1), layers()));
    }
    return Scope.keeping(
        () -> {
          List<Tensor> vectors =
              LongStream.range(0, rows.size(0)).mapToObj(k -> rows.detach().select(0, k)).toList();
          Tensor total = torch.zeros_like(rows);
          pass.forEachBatch(
              batch -> {
                Tensor targets = targets(batch);
                if (way == null) {
                  way = HessianProducts.right(pass, batch, loss);
                }
                List<Tensor> products = way.of(pass, batch, loss, targets, vectors);
                total.add_(Tensors.stack(products, 0));
              });
          return total.div_(new Scalar((double) pass.data().size()));
        });
  }

  private static Tensor targets(Minibatch batch) {
    return batch
        .labels()
        .orElseThrow(
            () ->
                new IllegalArgumentException("the loss needs targets, and the data has no labels"));
  }

  private UnitProducts products() {
    return new UnitProducts(this, budget, (done, all) -> {});
  }

  /** By a product for every parameter; {@link Hessian#diagonal} estimates it from fewer. */
  @Override
  public double trace() {
    try (PMat diagonal = products().diagonal()) {
      return diagonal.trace();
    }
  }

  /** By a product for every parameter; {@link Hessian#diagonal} estimates it from fewer. */
  @Override
  public PVector diagonal() {
    try (PMat diagonal = products().diagonal()) {
      return diagonal.diagonal().copy();
    }
  }

  /** By a product for every parameter. */
  @Override
  public Tensor toDense() {
    try (PMat dense = products().dense()) {
      return dense.toDense();
    }
  }

  /** By all elements, where they fit in memory. */
  @Override
  public double frobeniusNorm() {
    try (PMat dense = elements("the Frobenius norm")) {
      return dense.frobeniusNorm();
    }
  }

  /** By all elements, where they fit in memory; negative where the loss curves down. */
  @Override
  public double smallestEigenvalue() {
    try (PMat dense = elements("the smallest eigenvalue")) {
      return dense.smallestEigenvalue();
    }
  }

  private PMat elements(String operation) {
    try {
      return products().dense();
    } catch (MemoryBudgetException e) {
      throw new RefusedOperationException(
          operation,
          representation(),
          "its elements do not fit in memory",
          "a block-diag or diag Hessian answers it");
    }
  }

  @Override
  public void close() {
    // nothing is stored
  }

  @Override
  public String toString() {
    return "implicit Hessian over " + layers();
  }
}
