package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** A matrix with all its elements. Factorisations are computed once and kept until closed. */
public final class DenseBlock implements Block {
  private final Tensor matrix;
  private @Nullable Spectrum spectrum;
  private @Nullable Tensor cholesky;
  private double choleskyLambda = Double.NaN;

  /** Takes over the symmetric {@code matrix}, (p, p). */
  public DenseBlock(Tensor matrix) {
    this.matrix = matrix;
  }

  @Override
  public long size() {
    return matrix.size(0);
  }

  @Override
  public Tensor apply(Tensor rows) {
    return rows.matmul(matrix);
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
  public Tensor eigenvalues() {
    return spectrum().values();
  }

  @Override
  public Tensor solve(Tensor rows, double lambda) {
    return Scope.keeping(() -> torch.cholesky_solve(rows.t(), cholesky(lambda)).t());
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
  public void close() {
    matrix.close();
    if (spectrum != null) {
      spectrum.close();
    }
    if (cholesky != null) {
      cholesky.close();
    }
  }

  private synchronized Spectrum spectrum() {
    if (spectrum == null) {
      Spectrum s = Spectrum.of(matrix);
      spectrum = new Spectrum(Scope.detach(s.values()), Scope.detach(s.vectors()));
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
