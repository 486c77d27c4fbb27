package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Gaussian outputs with a full covariance: H is its inverse. */
final class GaussianCovariance implements Metric {
  private final Tensor cholesky; // lower triangular, covariance = L L^T, float64

  GaussianCovariance(Tensor covariance) {
    if (covariance.dim() != 2 || covariance.size(0) != covariance.size(1)) {
      throw new IllegalArgumentException(
          "a covariance must be square, got shape " + Arrays.toString(Tensors.shape(covariance)));
    }
    try (Scope scope = Scope.open()) {
      cholesky = Scope.detach(torch.linalg_cholesky(covariance.to(ScalarType.Double)));
    } catch (RuntimeException e) {
      throw new IllegalArgumentException("a covariance must be positive definite", e);
    }
  }

  private Tensor factor(Tensor outputs) {
    long c = outputs.numel() / outputs.size(0);
    if (c != cholesky.size(0)) {
      throw new IllegalArgumentException(
          "the covariance is over %d outputs, but the model has %d".formatted(cholesky.size(0), c));
    }
    return cholesky.to(outputs.device(), Tensors.type(outputs));
  }

  @Override
  public Tensor hessianProduct(Tensor outputs, Tensor u) {
    Tensor flat = Tensors.flatten(u).t();
    return torch.cholesky_solve(flat, factor(outputs)).t().reshape(Tensors.shape(u));
  }

  @Override
  public SquareRoot squareRoot(Tensor outputs) {
    Tensor l = factor(outputs);
    // H = L^-T L^-1, so the columns of L^-T are a square root
    Tensor inverse = torch.linalg_solve_triangular(l, Tensors.eye(l, l.size(0)), false);
    long[] shape = Tensors.shape(outputs);
    return new SquareRoot() {
      @Override
      public int columns() {
        return Math.toIntExact(l.size(0));
      }

      @Override
      public Tensor column(int k) {
        return inverse.select(0, k).unsqueeze(0).expand(shape[0], l.size(0)).reshape(shape);
      }
    };
  }

  @Override
  public Tensor score(Tensor outputs, Tensor labels) {
    Tensor y = IndependentMetric.labelsLike(outputs, labels);
    return hessianProduct(outputs, y.sub(outputs));
  }

  @Override
  public Tensor sample(Tensor outputs, Draws draws) {
    Tensor l = factor(outputs);
    long n = outputs.size(0);
    Tensor noise =
        Tensors.of(draws.normal(n, l.size(0)), n, l.size(0))
            .to(outputs.device(), Tensors.type(outputs));
    return outputs.detach().add(noise.matmul(l.t()).reshape(Tensors.shape(outputs)));
  }
}
