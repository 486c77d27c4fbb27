package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A diagonal matrix. */
public final class DiagonalBlock implements Block {
  private final Tensor diagonal;

  /** Takes over {@code diagonal}, (p). */
  public DiagonalBlock(Tensor diagonal) {
    this.diagonal = diagonal;
  }

  @Override
  public long size() {
    return diagonal.size(0);
  }

  @Override
  public Tensor apply(Tensor rows) {
    return rows.mul(diagonal);
  }

  @Override
  public Tensor diagonal() {
    return diagonal;
  }

  @Override
  public double trace() {
    return Spectrum.number(diagonal::sum);
  }

  @Override
  public double frobeniusNorm() {
    return Spectrum.number(diagonal::norm);
  }

  @Override
  public Tensor eigenvalues() {
    return Scope.keeping(() -> Tensors.ascending(diagonal));
  }

  @Override
  public Tensor solve(Tensor rows, double lambda) {
    return Scope.keeping(
        () -> {
          Tensor damped = diagonal.add(new Scalar(lambda));
          Spectrum.checkPositive("the diagonal", damped, lambda);
          return rows.div(damped);
        });
  }

  @Override
  public Tensor toDense() {
    return Scope.keeping(() -> torch.diag(diagonal));
  }

  @Override
  public Map<String, Tensor> tensors() {
    return Map.of("diagonal", diagonal);
  }
}
