package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * An orthonormal basis V that grows by one product a vector, with full reorthogonalisation, and the
 * operator within it, T = V M V^T: M V^T = V^T T + q beta e^T with the next vector q (Lanczos 1950;
 * restarts as Wu and Simon 2000). In memory of a fixed size; lives in its caller's scope.
 */
final class Krylov {
  /** A vector that loses more than this in a projection is projected again (Daniel et al. 1976). */
  private static final double ENOUGH = 0.7;

  private static final int PASSES = 4;

  /** Coordinates that are mixed at a time. */
  private static final long BLOCK = 1 << 20;

  private final LinearOperator operator;
  private final String who;
  private final Tensor basis;
  private final Tensor projected;
  private final Tensor next;
  private double beta;
  private double norm;
  private int size;
  private long products;

  /** An empty basis of at most {@code capacity} vectors. */
  Krylov(LinearOperator operator, TensorOptions options, int capacity, String who) {
    this.operator = operator;
    this.who = who;
    Tensor like = torch.zeros(new long[] {1, operator.size()}, options);
    next = like;
    basis = Tensors.empty(like, capacity, operator.size());
    projected = torch.zeros(new long[] {capacity, capacity}, Tensors.options(ScalarType.Double));
  }

  int size() {
    return size;
  }

  long products() {
    return products;
  }

  boolean full() {
    return size == basis.size(0);
  }

  /** Whether the basis spans the whole space. */
  boolean complete() {
    return size == operator.size();
  }

  /** Whether the basis is mapped into itself, to rounding. */
  boolean invariant() {
    return beta <= 10 * Sketch.rounding(next) * norm;
  }

  /** |M| as far as it has been seen. */
  double norm() {
    return norm;
  }

  private Tensor vectors() {
    return basis.narrow(0, 0, size);
  }

  /** Forgets everything and starts along {@code v}, (1, d). */
  void start(Tensor v) {
    size = 0;
    norm = 0;
    projected.zero_();
    turnTo(v);
  }

  /** Goes on along the part of {@code v} that is orthogonal to the basis. */
  void turnTo(Tensor v) {
    try (Scope scope = Scope.open()) {
      next.copy_(v);
      next.div_(next.norm());
      orthogonalise();
      next.div_(next.norm());
      beta = 0;
    }
  }

  /** One product: takes the next vector into the basis. Not if the basis is full or complete. */
  void expand() {
    try (Scope scope = Scope.open()) {
      basis.narrow(0, size, 1).copy_(next);
      next.copy_(Checked.product(operator, basis.narrow(0, size, 1), who));
      size++;
      products++;
      Tensor row = orthogonalise().to(ScalarType.Double);
      projected.narrow(0, size - 1, 1).narrow(1, 0, size).copy_(row);
      projected.narrow(1, size - 1, 1).narrow(0, 0, size).copy_(row.t());
      beta = Tensors.item(next.norm());
      norm = Math.max(norm, Math.max(Tensors.item(row.abs().max()), beta));
      if (beta > 0) {
        next.div_(new Scalar(beta));
      }
    }
  }

  /** Projects the next vector away from the basis and returns the coefficients, (1, size). */
  private Tensor orthogonalise() {
    Tensor all = vectors();
    Tensor total = Tensors.zeros(next, 1, size);
    double before = Tensors.item(next.norm());
    for (int pass = 0; pass < PASSES; pass++) {
      Tensor coefficients = next.matmul(all.t());
      next.sub_(coefficients.matmul(all));
      total.add_(coefficients);
      double after = Tensors.item(next.norm());
      if (after >= ENOUGH * before) {
        break;
      }
      before = after;
    }
    return total;
  }

  /** Eigenvalues of T, ascending, and its eigenvectors as rows, by their first and last numbers. */
  record Ritz(double[] values, Tensor vectors, double[] first, double[] last) {}

  /** The eigenpairs of M within the basis; in the caller's scope. */
  Ritz ritz() {
    return ritz(size);
  }

  /** Within the first {@code k} vectors. */
  Ritz ritz(int k) {
    T_TensorTensor_T eigen =
        torch.linalg_eigh(projected.narrow(0, 0, k).narrow(1, 0, k).contiguous());
    double[] values = Tensors.toArray(new Tensor(eigen.get0()));
    norm = Math.max(norm, Math.max(Math.abs(values[0]), Math.abs(values[k - 1])));
    Tensor vectors = new Tensor(eigen.get1()).t();
    return new Ritz(
        values,
        vectors,
        Tensors.toArray(vectors.select(1, 0)),
        Tensors.toArray(vectors.select(1, k - 1)));
  }

  /** |M v - theta v| of the Ritz pair whose vector ends in {@code last}. */
  double residual(double last) {
    return invariant() ? 0 : beta * Math.abs(last);
  }

  /** Ritz vectors of the pairs {@code chosen}, (k, d). */
  Tensor vectors(Ritz ritz, long... chosen) {
    return Scope.keeping(() -> mix(ritz, chosen).matmul(vectors()));
  }

  private Tensor mix(Ritz ritz, long... chosen) {
    return ritz.vectors()
        .index_select(0, Tensors.of(chosen, chosen.length))
        .to(Tensors.type(basis));
  }

  /** Keeps the Ritz vectors of these pairs as the basis; the next vector stays. */
  void restart(Ritz ritz, long... chosen) {
    try (Scope scope = Scope.open()) {
      Tensor mix = mix(ritz, chosen);
      // some coordinates at a time: all of the new vectors beside the old would be half as much
      // again
      for (long first = 0; first < basis.size(1); first += BLOCK) {
        try (Scope block = Scope.open()) {
          Tensor here = basis.narrow(1, first, Math.min(BLOCK, basis.size(1) - first));
          here.narrow(0, 0, chosen.length).copy_(mix.matmul(here.narrow(0, 0, size)));
        }
      }
      projected.zero_();
      for (int k = 0; k < chosen.length; k++) {
        projected.select(0, k).select(0, k).fill_(new Scalar(ritz.values()[(int) chosen[k]]));
      }
      size = chosen.length;
    }
  }

  /** Everything, as it is. */
  Map<String, Tensor> state() {
    return Map.of(
        "basis", vectors(),
        "projected", projected,
        "next", next,
        "scalars", Tensors.of(new double[] {beta, norm}, 2),
        "products", Run.counter(products));
  }

  /** Sets out from a state of the same capacity. */
  void restore(Run run) {
    try (Scope scope = Scope.open()) {
      Tensor saved = run.get("basis");
      size = (int) saved.size(0);
      vectors().copy_(saved);
      projected.copy_(run.get("projected"));
      next.copy_(run.get("next"));
      double[] scalars = Tensors.toArray(run.get("scalars"));
      beta = scalars[0];
      norm = scalars[1];
      products = run.counter("products");
    }
  }
}
