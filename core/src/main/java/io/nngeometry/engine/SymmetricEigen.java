package io.nngeometry.engine;

import java.util.function.Function;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Eigenvalues and eigenvectors of symmetric matrices, in the matrices' type.
 *
 * @param values ascending, (..., p)
 * @param vectors as columns, (..., p, p)
 */
public record SymmetricEigen(Tensor values, Tensor vectors) {
  /**
   * Decomposes matrices (..., p, p). float32 that fails to converge is tried again in float64.
   *
   * @throws ArithmeticException if an element is NaN or infinite
   */
  public static SymmetricEigen of(Tensor matrices) {
    return of(matrices, m -> torch.linalg_eigh(m));
  }

  static SymmetricEigen of(Tensor matrices, Function<Tensor, T_TensorTensor_T> eigh) {
    Tensor m = matrices.detach();
    if (!Tensors.isFinite(m)) {
      throw new ArithmeticException("a matrix to decompose holds NaN or infinite values");
    }
    ScalarType type = Tensors.type(m);
    T_TensorTensor_T pair;
    try {
      pair = eigh.apply(m);
    } catch (RuntimeException e) {
      if (type == ScalarType.Double) {
        throw e;
      }
      pair = eigh.apply(m.to(ScalarType.Double));
    }
    // get0 and get1 are references that die with the pair
    return new SymmetricEigen(new Tensor(pair.get0()).to(type), new Tensor(pair.get1()).to(type));
  }
}
