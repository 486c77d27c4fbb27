package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.linalg.ConjugateGradient;
import io.nngeometry.linalg.Eigenpairs;
import io.nngeometry.linalg.IndefiniteOperatorException;
import io.nngeometry.linalg.Lanczos;
import io.nngeometry.linalg.NotConvergedException;
import io.nngeometry.linalg.Solution;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A matrix that is known by its products alone. Solves go by conjugate gradients, extreme
 * eigenvalues by Lanczos; what would need the elements is refused by name.
 */
public abstract class MatrixFreePMat implements PMat {
  private static final double ROUNDING = 100;
  private static final int PRODUCTS = 3000;
  private static final String NAME = "a matrix known by its products";

  /** Type and device of its vectors. */
  protected abstract TensorOptions options();

  /**
   * By conjugate gradients to a relative residual of 1e-10, of 1e-5 in float32, or as near as
   * rounding lets them. To ask for less, or see what was reached: {@code new
   * ConjugateGradient(1e-3, 50).solve(matrix, rows, lambda)}.
   *
   * @throws NotConvergedException if the residual stays a hundred times above that
   */
  @Override
  public Tensor solve(Tensor rows, double lambda) {
    requireSymmetric("a solve");
    if (lambda == 0) {
      throw new SingularBlockException(NAME, 0);
    }
    ConjugateGradient method = ConjugateGradient.of(Tensors.type(rows));
    try {
      Solution solution = method.solve(this, rows.detach(), lambda);
      if (!(solution.relativeResidual() <= ROUNDING * method.tolerance())) {
        solution.x().close();
        throw new NotConvergedException(
            "a solve of a %s matrix with damping %s".formatted(representation(), lambda),
            solution.relativeResidual(),
            ROUNDING * method.tolerance(),
            solution.products(),
            "use a greater damping, a float64 model, or ConjugateGradient with options of your own");
      }
      return solution.x();
    } catch (IndefiniteOperatorException e) {
      throw new SingularBlockException(NAME, lambda);
    }
  }

  /** Fails if this combines products, which are not symmetric. */
  protected final void requireSymmetric(String operation) {
    if (!symmetric()) {
      throw new RefusedOperationException(
          operation,
          representation(),
          "it holds a matrix product, which is not symmetric",
          "its elements, toDense(), have one by torch.linalg; a dense matrix without products too");
    }
  }

  @Override
  public Tensor solveTruncated(Tensor rows, double cutoff) {
    throw refused("a truncated solve");
  }

  @Override
  public double spectralNorm() {
    requireSymmetric("the spectral norm");
    return Lanczos.of(options().dtype().toScalarType()).spectralNorm(this, options());
  }

  @Override
  public Tensor eigenvalues() {
    throw refused("all eigenvalues");
  }

  /**
   * By Lanczos iterations to a residual of 1e-10 of the norm, of 1e-5 in float32.
   *
   * @throws NotConvergedException if they do not get there
   */
  @Override
  public TopEigen topEigen(long k) {
    if (k < 1) {
      throw new IllegalArgumentException("ask for one eigenvalue or more, not " + k);
    }
    try (Scope scope = Scope.open()) {
      Eigenpairs pairs = eigenpairs(Math.min(k, size()), Lanczos.Which.LARGEST);
      return new TopEigen(
          scope.keep(pairs.values().to(Tensors.type(pairs.vectors()))),
          scope.keep(pairs.vectors()));
    }
  }

  /** By Lanczos iterations, as {@link #topEigen}. */
  @Override
  public double smallestEigenvalue() {
    try (Scope scope = Scope.open()) {
      return Tensors.item(eigenpairs(1, Lanczos.Which.SMALLEST).values());
    }
  }

  private Eigenpairs eigenpairs(long k, Lanczos.Which which) {
    requireSymmetric("an eigenvalue");
    boolean isDouble = options().dtype().toScalarType().intern() == ScalarType.Double;
    Lanczos method = new Lanczos(isDouble ? 1e-10 : 1e-5, PRODUCTS, 0);
    Eigenpairs pairs = method.eigenpairs(this, k, which, options());
    if (!pairs.converged()) {
      throw new NotConvergedException(
          "the %d %s eigenvalues of a %s matrix by Lanczos"
              .formatted(k, which.name().toLowerCase(Locale.ROOT), representation()),
          pairs.relativeResidual(),
          method.tolerance(),
          (int) pairs.products(),
          "use Lanczos with options of your own");
    }
    return pairs;
  }

  @Override
  public double logDeterminant(double lambda) {
    throw refused("the log-determinant");
  }

  @Override
  public PMat power(double exponent) {
    throw refused("a power");
  }

  @Override
  public PMat inverse(Damping damping) {
    throw new RefusedOperationException(
        "the inverse",
        representation(),
        "its elements are not stored",
        "solve applies it, and kfac and dense matrices hold it");
  }

  @Override
  public PMat multiply(PMat other) {
    throw refused("a product with another matrix");
  }

  @Override
  public PMat times(double factor) {
    return new CombinedPMat(factor, this, 0, this);
  }

  @Override
  public Optional<PMat> combine(double a, PMat other, double b) {
    return Optional.empty(); // there is no better form than the combination itself
  }

  @Override
  public Optional<PMat> merge(PMat other, double weight) {
    return Optional.of(new CombinedPMat(1 - weight, this, weight, other));
  }

  @Override
  public Map<String, Tensor> tensors() {
    return Map.of();
  }

  private RefusedOperationException refused(String operation) {
    return new RefusedOperationException(
        operation,
        representation(),
        "only its products are known",
        "low-rank, dense and kfac matrices answer it");
  }
}
