package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** A matrix with all its elements. Factorisations are computed once and kept until closed. */
public final class DenseBlock implements Block {
  private final Tensor matrix;
  private final boolean symmetric;
  private @Nullable Spectrum spectrum;
  private @Nullable Tensor cholesky;
  private double choleskyLambda = Double.NaN;

  /** Takes over the symmetric {@code matrix}, (p, p). */
  public DenseBlock(Tensor matrix) {
    this(matrix, true);
  }

  /**
   * As the other, or a matrix product.
   *
   * @param symmetric whether it is known to be
   */
  public DenseBlock(Tensor matrix, boolean symmetric) {
    this.matrix = matrix;
    this.symmetric = symmetric;
  }

  @Override
  public boolean symmetric() {
    return symmetric;
  }

  @Override
  public String kind() {
    return symmetric ? "dense" : "dense product";
  }

  @Override
  public long size() {
    return matrix.size(0);
  }

  @Override
  public Tensor apply(Tensor rows) {
    return rows.matmul(matrix.t());
  }

  @Override
  public Tensor diagonal() {
    return Scope.keeping(() -> matrix.diagonal().clone());
  }

  @Override
  public double trace() {
    return Spectrum.number(matrix::trace);
  }

  @Override
  public double frobeniusNorm() {
    return Spectrum.number(matrix::norm);
  }

  @Override
  public Optional<Eigenform> eigenform() {
    return symmetric
        ? Optional.of(new Eigenform(new DenseBasis(spectrum().vectors()), spectrum().values()))
        : Optional.empty();
  }

  @Override
  public Tensor solve(Tensor rows, double lambda) {
    if (!symmetric) {
      return Block.super.solve(rows, lambda); // refuses
    }
    return Scope.keeping(() -> torch.cholesky_solve(rows.t(), cholesky(lambda)).t());
  }

  @Override
  public Block inverse(double lambda) {
    if (!symmetric) {
      return Block.super.inverse(lambda); // refuses
    }
    return Block.keeping(() -> new DenseBlock(torch.cholesky_inverse(cholesky(lambda))));
  }

  @Override
  public double logDeterminant(double lambda) {
    return symmetric
        ? 2 * Spectrum.number(() -> cholesky(lambda).diagonal().log().sum())
        : Block.super.logDeterminant(lambda);
  }

  @Override
  public Optional<Block> combine(double a, Block other, double b) {
    boolean both = symmetric && other.symmetric();
    return Block.keepingIf(
        true,
        () -> new DenseBlock(matrix.mul(new Scalar(a)).add(other.toDense(), new Scalar(b)), both));
  }

  @Override
  public Optional<Block> multiply(Block other) {
    return Block.keepingIf(true, () -> new DenseBlock(matrix.matmul(other.toDense()), false));
  }

  @Override
  public Block times(double factor) {
    return Block.keeping(() -> new DenseBlock(matrix.mul(new Scalar(factor)), symmetric));
  }

  @Override
  public Tensor toDense() {
    return Scope.keeping(matrix::clone);
  }

  @Override
  public Map<String, Tensor> tensors() {
    return Map.of("matrix", matrix);
  }

  @Override
  public synchronized void dropDecompositions() {
    if (spectrum != null) {
      spectrum.close();
      spectrum = null;
    }
    if (cholesky != null) {
      cholesky.close();
      cholesky = null;
    }
  }

  @Override
  public void close() {
    matrix.close();
    dropDecompositions();
  }

  private synchronized Spectrum spectrum() {
    if (spectrum == null) {
      spectrum = Spectrum.kept(matrix, false);
    }
    return spectrum;
  }

  /** The factor for the damping asked last: solves with one lambda come in runs. */
  private synchronized Tensor cholesky(double lambda) {
    if (cholesky == null || choleskyLambda != lambda) {
      try (Scope scope = Scope.open()) {
        Tensor damped = matrix.detach().clone();
        damped.diagonal().add_(new Scalar(lambda));
        Tensor factor;
        try {
          factor = torch.linalg_cholesky(damped);
        } catch (RuntimeException e) {
          throw new SingularBlockException("the matrix", lambda);
        }
        Tensor pivots = factor.diagonal();
        Spectrum.checkPositive("the matrix", pivots.mul(pivots), lambda);
        if (cholesky != null) {
          cholesky.close();
        }
        cholesky = Scope.detach(factor);
        choleskyLambda = lambda;
      }
    }
    return cholesky;
  }
}
