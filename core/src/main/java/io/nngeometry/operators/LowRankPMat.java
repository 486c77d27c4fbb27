package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.linalg.LowRankMethod;
import io.nngeometry.vectors.PFMap;
import io.nngeometry.vectors.PVector;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * R^T R for m rows R (m, d): exact for the stacked Jacobian, approximate for its truncation. All
 * that costs more than a product goes through the m x m Gram matrix, whose decomposition is kept;
 * solves include the orthogonal complement (Woodbury), which has d - m dimensions.
 */
public final class LowRankPMat implements PMat {
  private final LayerCollection layers;
  private final Tensor rows;
  private @Nullable Spectrum gram;

  /** Takes over {@code rows}, (m, d). */
  public LowRankPMat(LayerCollection layers, Tensor rows) {
    if (rows.dim() != 2 || rows.size(1) != layers.size() || rows.size(0) == 0) {
      throw new IllegalArgumentException(
          "a low-rank matrix over %s needs rows (m, %d)".formatted(layers, layers.size()));
    }
    this.layers = layers;
    this.rows = rows;
  }

  /**
   * A matrix of at most {@code rank} near a positive semi-definite one, from its products alone:
   *
   * <pre>{@code
   * var near = LowRankPMat.approximating(F, Nystrom.DEFAULT, 50);
   * PVector step = near.matrix().solve(gradient, Damping.tikhonov(1e-3));
   * }</pre>
   *
   * @throws IllegalArgumentException if the rank is not in [1, d] or {@code m} not symmetric
   * @throws io.nngeometry.linalg.IndefiniteOperatorException if {@code m} is seen to be indefinite
   */
  public static LowRankApproximation approximating(PMat m, LowRankMethod method, long rank) {
    return LowRankApproximation.by(method, m, rank);
  }

  /** J^T J / n of a stored Jacobian. */
  public static LowRankPMat of(PFMap jacobian) {
    return new LowRankPMat(
        jacobian.layers(),
        Scope.keeping(
            () -> jacobian.tensor().flatten(0, 1).div(new Scalar(Math.sqrt(jacobian.examples())))));
  }

  /**
   * The other side of the same rows R: R R^T over functions, which shares the eigenvalues that are
   * not zero. Of a stacked Jacobian divided by the root of n that is its tangent kernel over n.
   *
   * @param outputs c, which must divide the number of rows: rows run over examples inside outputs
   */
  public FMatDense dual(long outputs) {
    if (outputs < 1 || rank() % outputs != 0) {
      throw new IllegalArgumentException(
          "%d rows are not those of %d outputs".formatted(rank(), outputs));
    }
    long n = rank() / outputs;
    return FMatDense.of(Scope.keeping(() -> rows().matmul(rows.t()).view(outputs, n, outputs, n)));
  }

  /** The rows, (m, d). */
  public Tensor rows() {
    if (rows.isNull()) {
      throw new IllegalStateException("this low-rank matrix has been closed");
    }
    return rows;
  }

  /** Number of rows, m: the rank is at most this. */
  public long rank() {
    return rows().size(0);
  }

  @Override
  public LayerCollection layers() {
    return layers;
  }

  @Override
  public String representation() {
    return "low-rank";
  }

  @Override
  public Tensor apply(Tensor vectors) {
    return Scope.keeping(() -> vectors.matmul(rows().t()).matmul(rows));
  }

  @Override
  public double trace() {
    return Spectrum.number(() -> rows().square().sum());
  }

  @Override
  public PVector diagonal() {
    return PVector.of(layers, Scope.keeping(() -> rows().square().sum(0)));
  }

  @Override
  public double frobeniusNorm() {
    return Spectrum.number(() -> gram().values().norm());
  }

  @Override
  public double spectralNorm() {
    return Spectrum.number(() -> gram().values().max());
  }

  @Override
  public double smallestEigenvalue() {
    return rank() < size() ? 0 : Spectrum.number(() -> eigenvalues().min());
  }

  /** The eigenvalues that need not be zero, ascending, at most d of them. */
  @Override
  public Tensor eigenvalues() {
    return Scope.keeping(
        () -> {
          Tensor all = gram().values();
          long extra = Math.max(0, rank() - size());
          return all.narrow(0, extra, rank() - extra).clone();
        });
  }

  @Override
  public TopEigen topEigen(long k) {
    if (k < 1) {
      throw new IllegalArgumentException("ask for one eigenvalue or more, not " + k);
    }
    try (Scope scope = Scope.open()) {
      Tensor all = gram().values();
      double least = rounding() * Tensors.item(all.max());
      long positive = all.gt(new Scalar(least)).sum().item_long();
      long kept = Math.min(k, positive);
      Tensor values = all.narrow(0, rank() - kept, kept).flip(0);
      Tensor u = gram().vectors().narrow(1, rank() - kept, kept).flip(1);
      Tensor vectors = u.t().matmul(rows()).div(values.sqrt().unsqueeze(1));
      return new TopEigen(scope.keep(values), scope.keep(vectors));
    }
  }

  /**
   * The best approximation of rank r, and what it leaves: the sum of the eigenvalues left out is
   * the difference of the traces.
   */
  public LowRankPMat truncated(long r) {
    if (r < 1) {
      throw new IllegalArgumentException("a rank must be positive, got " + r);
    }
    try (TopEigen top = topEigen(r)) {
      return new LowRankPMat(
          layers, Scope.keeping(() -> top.vectors().mul(top.values().sqrt().unsqueeze(1))));
    }
  }

  /** (x - R^T (lambda I + R R^T)^-1 R x) / lambda. */
  @Override
  public Tensor solve(Tensor vectors, double lambda) {
    if (lambda == 0) {
      throw new SingularBlockException("a low-rank matrix", 0);
    }
    return Scope.keeping(
        () -> {
          Tensor u = gram().vectors();
          Tensor inner = vectors.matmul(rows().t()).matmul(u);
          Tensor scaled = inner.div(gram().values().add(new Scalar(lambda)));
          return vectors.sub(scaled.matmul(u.t()).matmul(rows)).div(new Scalar(lambda));
        });
  }

  /** The pseudo-inverse: R^T G^-2 R with G the Gram matrix without its small eigenvalues. */
  @Override
  public Tensor solveTruncated(Tensor vectors, double cutoff) {
    return Scope.keeping(
        () -> {
          Tensor values = gram().values();
          Tensor least = values.max().mul(new Scalar(Math.max(cutoff, rounding())));
          Tensor weights =
              torch.where(values.gt(least), values.reciprocal().square(), torch.zeros_like(values));
          Tensor u = gram().vectors();
          return vectors.matmul(rows().t()).matmul(u).mul(weights).matmul(u.t()).matmul(rows);
        });
  }

  private double rounding() {
    return rows().element_size() == 8 ? 1e-14 : 1e-6;
  }

  @Override
  public double logDeterminant(double lambda) {
    if (lambda <= 0 && rank() < size()) {
      throw new SingularBlockException("a low-rank matrix", lambda);
    }
    double complement = rank() < size() ? (size() - rank()) * Math.log(lambda) : 0;
    return complement + Spectrum.number(() -> eigenvalues().add(new Scalar(lambda)).log().sum());
  }

  @Override
  public PMat times(double factor) {
    if (!(factor >= 0)) {
      throw new RefusedOperationException(
          "a negative multiple", representation(), "rows cannot hold it", "a dense matrix can");
    }
    return new LowRankPMat(layers, Scope.keeping(() -> rows().mul(new Scalar(Math.sqrt(factor)))));
  }

  @Override
  public Optional<PMat> combine(double a, PMat other, double b) {
    if (!(other instanceof LowRankPMat that) || a < 0 || b < 0) {
      return Optional.empty();
    }
    return Optional.of(
        new LowRankPMat(
            layers,
            Scope.keeping(
                () ->
                    Tensors.cat(
                        java.util.List.of(
                            rows().mul(new Scalar(Math.sqrt(a))),
                            that.rows().mul(new Scalar(Math.sqrt(b)))),
                        0))));
  }

  @Override
  public PMat power(double exponent) {
    if (exponent <= 0) {
      throw new RefusedOperationException(
          "a power that is not positive",
          representation(),
          "it is singular",
          "dense and kfac matrices plus a multiple of the identity have it");
    }
    return new LowRankPMat(
        layers,
        Scope.keeping(
            () -> {
              TopEigen top = topEigen(rank());
              return top.vectors().mul(top.values().pow(new Scalar(exponent / 2)).unsqueeze(1));
            }));
  }

  @Override
  public PMat inverse(Damping damping) {
    throw new RefusedOperationException(
        "the inverse",
        representation(),
        "it is of full rank",
        "solve applies it, and a dense matrix holds it");
  }

  @Override
  public PMat multiply(PMat other) {
    throw new RefusedOperationException(
        "a product", representation(), "it is not symmetric", "dense matrices have one");
  }

  @Override
  public Optional<PMat> merge(PMat other, double weight) {
    return combine(1 - weight, other, weight);
  }

  @Override
  public Tensor toDense() {
    return Scope.keeping(() -> rows().t().matmul(rows));
  }

  @Override
  public Map<String, Tensor> tensors() {
    return Map.of("rows", rows());
  }

  @Override
  public synchronized void dropDecompositions() {
    if (gram != null) {
      gram.close();
      gram = null;
    }
  }

  @Override
  public void close() {
    rows.close();
    dropDecompositions();
  }

  private synchronized Spectrum gram() {
    Tensor open = rows(); // fails if closed
    if (gram == null) {
      try (Scope scope = Scope.open()) {
        gram = Spectrum.kept(open.matmul(open.t()), true);
      }
    }
    return gram;
  }

  @Override
  public String toString() {
    return "low-rank (%d) over %s".formatted(rank(), layers);
  }
}
