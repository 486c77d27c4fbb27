package io.nngeometry.operators;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * A symmetric p x p matrix over one part of parameter space, in flat order. Blocks know no layers
 * and no networks. Vectors come as rows, (m, p).
 */
public interface Block extends AutoCloseable {
  /** The dimension p. */
  long size();

  /** The image of each row, (m, p) to (m, p). */
  Tensor apply(Tensor rows);

  /** The diagonal, (p). */
  Tensor diagonal();

  /** Sum of the diagonal. */
  double trace();

  /** Root of the sum of squares of all elements. */
  double frobeniusNorm();

  /** The p eigenvalues in ascending order. */
  Tensor eigenvalues();

  /**
   * (M + lambda I)^-1 applied to each row.
   *
   * @throws SingularBlockException if M + lambda I is not positive definite
   */
  Tensor solve(Tensor rows, double lambda);

  /** Damps the factors of a Kronecker block; other kinds have none and are damped exactly. */
  default Tensor solveFactored(Tensor rows, double lambda, boolean balanced) {
    return solve(rows, lambda);
  }

  /** All elements, (p, p). */
  default Tensor toDense() {
    return Scope.keeping(() -> apply(Tensors.eye(diagonal(), size())));
  }

  /** What the block stores, by name. */
  Map<String, Tensor> tensors();

  /** Bytes stored. */
  default long bytes() {
    return tensors().values().stream().mapToLong(t -> t.numel() * t.element_size()).sum();
  }

  @Override
  default void close() {
    tensors().values().forEach(Tensor::close);
  }
}
