package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.vectors.FVector;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;

/**
 * J J^T of which nothing is stored: a product pulls functions back to parameters and pushes them
 * forward again, two readings of the examples for any number of vectors.
 */
public final class FMatImplicit extends MatrixFreeFMat {
  private final JacobianOperator jacobian;
  private final TensorOptions options;
  private final Supplier<Tensor> elements;
  private final Supplier<Tensor> diagonal;

  /**
   * @param jacobian J, by its products
   * @param options type and device of its vectors
   * @param elements computes all elements, (c, n, c, n)
   * @param diagonal computes the diagonal, (c, n)
   */
  public FMatImplicit(
      JacobianOperator jacobian,
      TensorOptions options,
      Supplier<Tensor> elements,
      Supplier<Tensor> diagonal) {
    this.jacobian = jacobian;
    this.options = options;
    this.elements = elements;
    this.diagonal = diagonal;
  }

  /** J, whose products these are. */
  public JacobianOperator jacobian() {
    return jacobian;
  }

  @Override
  protected TensorOptions options() {
    return options;
  }

  @Override
  public long outputs() {
    return jacobian.outputs();
  }

  @Override
  public long examples() {
    return jacobian.examples();
  }

  @Override
  public String representation() {
    return "implicit kernel";
  }

  @Override
  public Tensor apply(Tensor rows) {
    return Scope.keeping(
        () -> {
          Tensor functions = rows.reshape(rows.size(0), outputs(), examples());
          return jacobian.push().apply(jacobian.pull().apply(functions)).flatten(1, 2);
        });
  }

  @Override
  public FVector diagonal() {
    return FVector.of(diagonal.get());
  }

  @Override
  public Tensor toDense() {
    return elements.get();
  }

  /** By all elements, which are computed for it. */
  @Override
  public double frobeniusNorm() {
    return Spectrum.number(() -> toDense().norm());
  }

  @Override
  public void close() {
    // holds nothing of its own
  }

  @Override
  public String toString() {
    return "implicit kernel of %d outputs on %d examples".formatted(outputs(), examples());
  }
}
