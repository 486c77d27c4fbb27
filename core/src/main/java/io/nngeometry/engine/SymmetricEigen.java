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
   * @throws ArithmeticException if an element is NaN or infinite, or those of the result are
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
    SymmetricEigen found;
    try {
      found = decompose(m, eigh);
    } catch (RuntimeException e) {
      if (type == ScalarType.Double) {
        throw e;
      }
      found = decompose(m.to(ScalarType.Double), eigh);
    }
    return new SymmetricEigen(found.values().to(type), found.vectors().to(type));
  }

  /** Some LAPACKs give NaN without a sign: MKL's, in float32, for factors of few examples. */
  private static SymmetricEigen decompose(Tensor m, Function<Tensor, T_TensorTensor_T> eigh) {
    T_TensorTensor_T pair = eigh.apply(m);
    // get0 and get1 are references that die with the pair
    Tensor values = new Tensor(pair.get0());
    Tensor vectors = new Tensor(pair.get1());
    if (!Tensors.isFinite(values) || !Tensors.isFinite(vectors)) {
      throw new ArithmeticException("a matrix's eigenvalues or eigenvectors came out as NaN");
    }
    return new SymmetricEigen(values, vectors);
  }
}
