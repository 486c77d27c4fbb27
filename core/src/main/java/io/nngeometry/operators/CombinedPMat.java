package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.vectors.PVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;

/**
 * a M + b N of two matrices whose sum no representation can hold, such as two Kronecker products.
 * It uses both and owns neither: they must not be closed before it.
 */
final class CombinedPMat extends MatrixFreePMat {
  private final PMat first;
  private final Combination factors;
  private final PMat second;

  CombinedPMat(double a, PMat first, double b, PMat second) {
    if (!first.layers().equals(second.layers())) {
      throw new IllegalArgumentException(
          "matrices over different parameters: %s and %s"
              .formatted(first.layers(), second.layers()));
    }
    this.first = first;
    factors = new Combination(a, b);
    this.second = second;
  }

  @Override
  protected TensorOptions options() {
    return Tensors.options(layers().slots().get(0).parameter().tensor());
  }

  @Override
  public LayerCollection layers() {
    return first.layers();
  }

  @Override
  public boolean symmetric() {
    return first.symmetric() && (factors.b() == 0 || second.symmetric());
  }

  @Override
  public String representation() {
    return factors.name(first.representation(), second.representation());
  }

  @Override
  public Tensor apply(Tensor rows) {
    return Scope.keeping(() -> factors.of(first.apply(rows), () -> second.apply(rows)));
  }

  @Override
  public double trace() {
    return factors.a() * first.trace() + (factors.b() == 0 ? 0 : factors.b() * second.trace());
  }

  @Override
  public PVector diagonal() {
    return PVector.of(
        layers(),
        Scope.keeping(
            () -> factors.of(first.diagonal().tensor(), () -> second.diagonal().tensor())));
  }

  @Override
  public Tensor toDense() {
    return Scope.keeping(() -> factors.of(first.toDense(), second::toDense));
  }

  /** By all elements. */
  @Override
  public double frobeniusNorm() {
    return factors.b() == 0
        ? Math.abs(factors.a()) * first.frobeniusNorm()
        : Spectrum.number(() -> toDense().norm());
  }

  @Override
  public void close() {
    // the two matrices belong to whoever made them
  }
}
