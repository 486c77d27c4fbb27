package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.vectors.PFMap;
import io.nngeometry.vectors.PVector;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * A symmetric positive semi-definite matrix over parameter space, d x d, whatever is stored of it:
 * the Fisher information matrix, dense, approximated or implicit. Whichever it is, the same calls
 * answer.
 *
 * <p>Results are new and belong to the caller. Products and quadratic forms of stored matrices are
 * differentiable in the vector.
 */
public interface PMat extends Mat {
  /** The parameters that rows and columns stand for. */
  LayerCollection layers();

  /** Number of parameters, d. */
  @Override
  default long size() {
    return layers().size();
  }

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

  /** The diagonal. */
  PVector diagonal();

  /** The trace of every layer's diagonal block, by id: they add up to {@link #trace()}. */
  default Map<String, Double> traceByLayer() {
    try (Scope scope = Scope.open()) {
      PVector diagonal = diagonal();
      Map<String, Double> traces = new LinkedHashMap<>();
      layers()
          .layers()
          .forEach(l -> traces.put(l.id(), Tensors.item(l.of(diagonal.tensor()).sum())));
      return traces;
    }
  }

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

  /** The damped inverse as a matrix. */
  PMat inverse(Damping damping);

  /** M to a real power, such as -1/2. */
  PMat power(double exponent);

  /** {@code factor} times M. */
  PMat times(double factor);

  /** a M + b {@code other} in a form that stores it, where there is one. */
  Optional<PMat> combine(double a, PMat other, double b);

  /**
   * a M + b {@code other}, stored where a representation can hold it, else as a combination that
   * uses both and must be closed before them.
   */
  default PMat linearCombination(double a, PMat other, double b) {
    check(other.layers());
    return combine(a, other, b)
        .or(() -> other.combine(b, this, a))
        .orElseGet(() -> new CombinedPMat(a, this, b, other));
  }

  /** Sum; see {@link #linearCombination}. */
  default PMat plus(PMat other) {
    return linearCombination(1, other, 1);
  }

  /** Difference; see {@link #linearCombination}. */
  default PMat minus(PMat other) {
    return linearCombination(1, other, -1);
  }

  /**
   * The matrix product M {@code other} within a representation. It is not symmetric in general: it
   * has products, traces and norms, and refuses solves and eigenvalues.
   */
  PMat multiply(PMat other);

  /**
   * (1 - weight) M + weight {@code other} for two estimates of one matrix: what their joint
   * estimate is when {@code weight} is the other's part of the examples, an exponential moving
   * average when it is one minus the decay. Kronecker factors are averaged each by itself.
   */
  Optional<PMat> merge(PMat other, double weight);

  /** {@link #merge} for estimates on {@code n} and {@code others} examples. */
  default PMat merged(long n, PMat other, long others) {
    if (n < 1 || others < 1) {
      throw new IllegalArgumentException("estimates need examples, got " + n + " and " + others);
    }
    return average(other, (double) others / (n + others));
  }

  /** {@link #merge}, which must be possible. */
  default PMat average(PMat other, double weight) {
    check(other.layers());
    if (!(weight >= 0 && weight <= 1)) {
      throw new IllegalArgumentException("a weight must be in [0, 1], got " + weight);
    }
    return merge(other, weight)
        .orElseThrow(
            () ->
                new RefusedOperationException(
                    "an average",
                    representation(),
                    "a %s matrix of other bases cannot join it".formatted(other.representation()),
                    "compute one on all examples, or average kfac or dense matrices"));
  }

  /** Whether all elements agree up to a relative tolerance in the Frobenius norm, by products. */
  default boolean approximatelyEquals(PMat other, double tolerance) {
    if (!layers().equals(other.layers())) {
      return false;
    }
    try (Scope scope = Scope.open()) {
      Tensor like = layers().slots().get(0).parameter().tensor();
      Tensor probes = Tensors.randn(0, Tensors.options(like), 4, size());
      Tensor mine = apply(probes);
      return Tensors.item(mine.sub(other.apply(probes)).norm())
          <= tolerance * Tensors.item(mine.norm());
    }
  }

  /** All elements, (d, d). */
  Tensor toDense();

  /** What is stored, by name: {@code layer/tensor} for a block of a layer; nothing if implicit. */
  Map<String, Tensor> tensors();

  /** Bytes stored, without decompositions that are kept. */
  default long bytes() {
    return tensors().values().stream().mapToLong(t -> t.numel() * t.element_size()).sum();
  }

  private void check(LayerCollection other) {
    if (!layers().equals(other)) {
      throw new IllegalArgumentException(
          "a matrix over %s does not fit a vector over %s".formatted(layers(), other));
    }
  }
}
