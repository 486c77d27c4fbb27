package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.vectors.FVector;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

/**
 * A symmetric matrix over function space, (c n) x (c n): the tangent kernel K[k,i,k',i'] =
 * &lt;J[k,i], J[k',i']&gt; of c outputs on n examples, not divided by n. Flat vectors run over
 * examples inside outputs, the order of an {@link FVector}'s elements.
 *
 * <p>Results are new and belong to the caller. Products of stored matrices are differentiable in
 * the vector.
 */
public interface FMat extends Mat {
  /** Number of outputs, c. */
  long outputs();

  /** Number of examples, n. */
  long examples();

  /** c n. */
  @Override
  default long size() {
    return Math.multiplyExact(outputs(), examples());
  }

  /** K u. */
  default FVector mv(FVector u) {
    check(u);
    return vector(Scope.keeping(() -> apply(row(u)).reshape(outputs(), examples())));
  }

  /** u^T K u. */
  default double quadraticForm(FVector u) {
    try (Scope scope = Scope.open()) {
      return Tensors.item(quadratic(u));
    }
  }

  /** u^T K u as a 0-d tensor, differentiable in u where the matrix is stored. */
  default Tensor quadratic(FVector u) {
    check(u);
    return Scope.keeping(() -> apply(row(u)).mul(row(u)).sum());
  }

  /** The diagonal: squared norms of the gradients. */
  FVector diagonal();

  @Override
  default double trace() {
    try (FVector diagonal = diagonal()) {
      return Spectrum.number(() -> diagonal.tensor().sum());
    }
  }

  /**
   * The damped inverse applied to u.
   *
   * @throws SingularBlockException if the damped matrix is not positive definite
   */
  default FVector solve(FVector u, Damping damping) {
    check(u);
    return vector(Scope.keeping(() -> solve(row(u), damping).reshape(outputs(), examples())));
  }

  /** {@code factor} times K. */
  FMat times(double factor);

  /**
   * a K + b {@code other}: stored if one of them is, else a combination that uses both and must be
   * closed before them.
   */
  FMat linearCombination(double a, FMat other, double b);

  /** Fails unless {@code other} is over the same outputs and examples in number. */
  default void checkSameSpace(FMat other) {
    if (other.outputs() != outputs() || other.examples() != examples()) {
      throw new IllegalArgumentException(
          "kernels of %d outputs on %d examples and of %d on %d have no sum"
              .formatted(outputs(), examples(), other.outputs(), other.examples()));
    }
  }

  /** Sum; see {@link #linearCombination}. */
  default FMat plus(FMat other) {
    return linearCombination(1, other, 1);
  }

  /** Difference; see {@link #linearCombination}. */
  default FMat minus(FMat other) {
    return linearCombination(1, other, -1);
  }

  /** All elements, (c, n, c, n). */
  Tensor toDense();

  /** All elements, stored. */
  default FMatDense dense() {
    return FMatDense.of(toDense());
  }

  private static Tensor row(FVector u) {
    return u.tensor().reshape(1, -1);
  }

  private static FVector vector(Tensor values) {
    return FVector.of(values);
  }

  private void check(FVector u) {
    if (u.outputs() != outputs() || u.examples() != examples()) {
      throw new IllegalArgumentException(
          "a function vector of shape %s does not fit a kernel of %d outputs on %d examples"
              .formatted(Arrays.toString(Tensors.shape(u.tensor())), outputs(), examples()));
    }
  }
}
