package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.linalg.LinearOperator;
import io.nngeometry.vectors.PFMap;
import io.nngeometry.vectors.PVector;
import org.bytedeco.pytorch.Tensor;

/**
 * A symmetric positive semi-definite matrix over parameter space, d x d, whatever is stored of it:
 * the Fisher information matrix, dense, approximated or implicit. Whichever it is, the same calls
 * answer.
 *
 * <p>Results are new and belong to the caller. Products and quadratic forms of stored matrices are
 * differentiable in the vector.
 */
public interface PMat extends LinearOperator, AutoCloseable {
  /** The parameters that rows and columns stand for. */
  LayerCollection layers();

  /** Number of parameters, d. */
  @Override
  default long size() {
    return layers().size();
  }

  /** Name of the representation. */
  String representation();

  /** M v. */
  default PVector mv(PVector v) {
    check(v.layers());
    return PVector.of(layers(), Scope.keeping(() -> apply(v.tensor().unsqueeze(0)).squeeze(0)));
  }

  /** M applied to every vector of a map, (c, n, d). */
  default PFMap mv(PFMap map) {
    check(map.layers());
    return PFMap.of(
        layers(),
        Scope.keeping(() -> apply(map.tensor().flatten(0, 1)).view(Tensors.shape(map.tensor()))));
  }

  /** v^T M v. */
  default double quadraticForm(PVector v) {
    try (Scope scope = Scope.open()) {
      return Tensors.item(quadratic(v));
    }
  }

  /** v^T M v as a 0-d tensor, differentiable in v where the matrix is stored. */
  default Tensor quadratic(PVector v) {
    check(v.layers());
    return Scope.keeping(() -> apply(v.tensor().unsqueeze(0)).squeeze(0).dot(v.tensor()));
  }

  /** v^T M v for every vector of a map: (c, n, d) to (c, n). */
  default Tensor quadratic(PFMap map) {
    check(map.layers());
    return Scope.keeping(
        () ->
            apply(map.tensor().flatten(0, 1))
                .mul(map.tensor().flatten(0, 1))
                .sum(1)
                .view(map.outputs(), map.examples()));
  }

  /** Sum of the diagonal. */
  double trace();

  /** The diagonal. */
  PVector diagonal();

  /** Root of the sum of squares of all elements. */
  double frobeniusNorm();

  /** Greatest eigenvalue. */
  double spectralNorm();

  /** Smallest eigenvalue; rounding noise where the matrix is singular. */
  double smallestEigenvalue();

  /**
   * The damped inverse applied to every row, (m, d).
   *
   * @throws SingularBlockException if the damped matrix is not positive definite
   */
  Tensor solve(Tensor rows, Damping damping);

  /** The damped inverse applied to b. */
  default PVector solve(PVector b, Damping damping) {
    check(b.layers());
    return PVector.of(
        layers(), Scope.keeping(() -> solve(b.tensor().unsqueeze(0), damping).squeeze(0)));
  }

  /** The damped inverse applied to every vector of a map, (c, n, d). */
  default PFMap solve(PFMap map, Damping damping) {
    check(map.layers());
    return PFMap.of(
        layers(),
        Scope.keeping(
            () -> solve(map.tensor().flatten(0, 1), damping).view(Tensors.shape(map.tensor()))));
  }

  /** All elements, (d, d). */
  Tensor toDense();

  /** Bytes stored. */
  long bytes();

  @Override
  void close();

  private void check(LayerCollection other) {
    if (!layers().equals(other)) {
      throw new IllegalArgumentException(
          "a matrix over %s does not fit a vector over %s".formatted(layers(), other));
    }
  }
}
