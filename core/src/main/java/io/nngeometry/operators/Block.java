package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.MatrixLayout;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/**
 * A p x p matrix over one part of parameter space, in flat order, symmetric unless it is a product.
 * Blocks know no layers and no networks. Vectors come as rows, (m, p). Results are new blocks that
 * share no memory with this one.
 */
public sealed interface Block extends Solvable, AutoCloseable
    permits DenseBlock,
        DiagonalBlock,
        QuasiDiagonalBlock,
        IdentityBlock,
        KroneckerBlock,
        EigenKroneckerBlock {
  /** Name of the kind, such as {@code kronecker}. */
  String kind();

  /** Whether it is; a product may not be. */
  default boolean symmetric() {
    return true;
  }

  /** The dimension p. */
  long size();

  /** How its part of flat vectors is read as matrices, if it is. */
  default Optional<MatrixLayout> layout() {
    return Optional.empty();
  }

  /** The image of each row, (m, p) to (m, p). */
  Tensor apply(Tensor rows);

  /** The diagonal, (p). */
  Tensor diagonal();

  /** Sum of the diagonal. */
  double trace();

  /** Root of the sum of squares of all elements. */
  double frobeniusNorm();

  /** This block in its eigenvectors' basis, where there is a way to have it; kept until closed. */
  Optional<Eigenform> eigenform();

  /** a times this plus b times {@code other}, where this kind has a place for the sum. */
  Optional<Block> combine(double a, Block other, double b);

  /** This times {@code other}, where the product is of this kind; not symmetric in general. */
  Optional<Block> multiply(Block other);

  /** {@code factor} times this. */
  Block times(double factor);

  /**
   * (1 - weight) this + weight {@code other} for estimates of one matrix on different data: for
   * Kronecker factors each by itself, which is what their joint estimate is.
   */
  default Optional<Block> merge(Block other, double weight) {
    return combine(1 - weight, other, weight);
  }

  /** The p eigenvalues in ascending order. */
  default Tensor eigenvalues() {
    return Scope.keeping(() -> Tensors.ascending(spectral("eigenvalues").all()));
  }

  /** The k greatest eigenvalues and their vectors. */
  default TopEigen topEigen(long k) {
    return spectral("eigenvectors").top(k);
  }

  @Override
  default Tensor solve(Tensor rows, double lambda) {
    return Scope.keeping(() -> spectral("solve").solve(rows, lambda));
  }

  /** The greatest eigenvalue. */
  default double greatestEigenvalue() {
    return Spectrum.number(() -> values().max());
  }

  /** The smallest eigenvalue. */
  default double smallestEigenvalue() {
    return Spectrum.number(() -> values().min());
  }

  /** The greatest eigenvalue in absolute value. */
  default double spectralNorm() {
    return Spectrum.number(() -> values().abs().max());
  }

  private Tensor values() {
    return eigenform().map(Eigenform::distinct).orElseGet(this::eigenvalues);
  }

  @Override
  default Tensor solveTruncated(Tensor rows, double cutoff) {
    return solveAbove(rows, Spectrum.threshold(cutoff, greatestEigenvalue(), rows));
  }

  /** The pseudo-inverse without eigenvalues up to {@code least}, applied to each row. */
  default Tensor solveAbove(Tensor rows, double least) {
    return Scope.keeping(() -> spectral("truncated solve").solveAbove(rows, least));
  }

  /** (M + lambda I)^-1. */
  default Block inverse(double lambda) {
    return keeping(() -> spectral("inverse").inverse(lambda));
  }

  /** The inverse of the damped factors of a Kronecker block; see {@link #solveFactored}. */
  default Block inverseFactored(double lambda, OptionalDouble pi) {
    return inverse(lambda);
  }

  /** The pseudo-inverse without eigenvalues up to {@code least}. */
  default Block inverseAbove(double least) {
    return keeping(() -> spectral("pseudo-inverse").inverseAbove(least));
  }

  /** M to a real power. */
  default Block power(double exponent) {
    return keeping(() -> spectral("power").power(exponent));
  }

  /** log det (M + lambda I). */
  default double logDeterminant(double lambda) {
    return spectral("log-determinant").logDeterminant(lambda);
  }

  private Eigenform spectral(String operation) {
    return eigenform()
        .orElseThrow(
            () ->
                new RefusedOperationException(
                    operation, kind(), "it has no spectrum at hand", "a block-diag matrix has"));
  }

  /** All elements, (p, p). */
  default Tensor toDense() {
    // rows are images of unit vectors: for a product, that is its transpose
    return Scope.keeping(() -> apply(Tensors.eye(diagonal(), size())).t().contiguous());
  }

  /** What the block stores, by name. */
  Map<String, Tensor> tensors();

  /** Forgets factorisations that were kept; the next solve makes them again. */
  default void dropDecompositions() {
    // most kinds keep none
  }

  /** Bytes stored. */
  default long bytes() {
    return tensors().values().stream().mapToLong(t -> t.numel() * t.element_size()).sum();
  }

  @Override
  default void close() {
    tensors().values().forEach(Tensor::close);
  }

  /** Runs {@code body} in a scope of its own and keeps the tensors of the block it makes. */
  static Block keeping(Supplier<Block> body) {
    try (Scope scope = Scope.open()) {
      Block block = body.get();
      block.tensors().values().forEach(scope::keep);
      return block;
    }
  }

  /** As {@link #keeping}, of a block that may not be. */
  static Optional<Block> keepingIf(boolean possible, Supplier<Block> body) {
    return possible ? Optional.of(keeping(body)) : Optional.empty();
  }
}
