package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import org.bytedeco.pytorch.Tensor;

/** A linear map of R^d, symmetric unless it says so, that is known by its action. */
public interface LinearOperator {
  /** The dimension d. */
  long size();

  /** Whether it is symmetric; a matrix product may not be. */
  default boolean symmetric() {
    return true;
  }

  /**
   * The image of each row.
   *
   * @param vectors (m, d)
   * @return (m, d), of the same dtype
   */
  Tensor apply(Tensor vectors);

  /** This less {@code other}: each product asks both. */
  default LinearOperator less(LinearOperator other) {
    LinearOperator self = this;
    return new LinearOperator() {
      @Override
      public long size() {
        return self.size();
      }

      @Override
      public boolean symmetric() {
        return self.symmetric() && other.symmetric();
      }

      @Override
      public Tensor apply(Tensor vectors) {
        return Scope.keeping(() -> self.apply(vectors).sub(other.apply(vectors)));
      }
    };
  }

  /**
   * Fails unless the operator is symmetric.
   *
   * @param who what needs it, such as {@code conjugate gradients}
   */
  static void requireSymmetric(LinearOperator operator, String who) {
    if (!operator.symmetric()) {
      throw new IllegalArgumentException(
          "%s need a symmetric operator, and a matrix product is not: %s".formatted(who, operator));
    }
  }
}
