package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.vectors.PVector;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;

/**
 * a M + b N of two matrices whose sum no representation can hold, such as two Kronecker products.
 * It uses both and owns neither: they must not be closed before it.
 */
final class CombinedPMat extends MatrixFreePMat {
  private final double a;
  private final PMat first;
  private final double b;
  private final PMat second;

  CombinedPMat(double a, PMat first, double b, PMat second) {
    if (!first.layers().equals(second.layers())) {
      throw new IllegalArgumentException(
          "matrices over different parameters: %s and %s"
              .formatted(first.layers(), second.layers()));
    }
    this.a = a;
    this.first = first;
    this.b = b;
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
    return first.symmetric() && (b == 0 || second.symmetric());
  }

  @Override
  public String representation() {
    return b == 0
        ? "multiple of " + first.representation()
        : "combination of %s and %s".formatted(first.representation(), second.representation());
  }

  @Override
  public Tensor apply(Tensor rows) {
    return Scope.keeping(() -> linear(first.apply(rows), () -> second.apply(rows)));
  }

  @Override
  public double trace() {
    return a * first.trace() + (b == 0 ? 0 : b * second.trace());
  }

  @Override
  public PVector diagonal() {
    return PVector.of(
        layers(),
        Scope.keeping(() -> linear(first.diagonal().tensor(), () -> second.diagonal().tensor())));
  }

  @Override
  public Tensor toDense() {
    return Scope.keeping(() -> linear(first.toDense(), second::toDense));
  }

  private Tensor linear(Tensor x, java.util.function.Supplier<Tensor> y) {
    Tensor scaled = x.mul(new Scalar(a));
    return b == 0 ? scaled : scaled.add(y.get(), new Scalar(b));
  }

  /** By all elements. */
  @Override
  public double frobeniusNorm() {
    return b == 0 ? Math.abs(a) * first.frobeniusNorm() : Spectrum.number(() -> toDense().norm());
  }

  @Override
  public void close() {
    // the two matrices belong to whoever made them
  }
}
