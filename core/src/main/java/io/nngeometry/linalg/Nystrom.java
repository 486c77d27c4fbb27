package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * (M Omega) (Omega^T M Omega)^-1 (M Omega)^T for a random orthonormal Omega, cut to the rank
 * (Tropp, Yurtsever, Udell and Cevher 2017, algorithm 3, with its stabilising shift): the least
 * products that an approximation of its rank can take, one a vector. Never greater than M, to
 * rounding.
 *
 * @param oversampling vectors beyond the rank
 * @param seed of Omega
 */
public record Nystrom(int oversampling, long seed) implements LowRankMethod {
  /** Ten vectors beyond the rank, seed zero. */
  public static final Nystrom DEFAULT = new Nystrom(10, 0);

  /** Tenfold shifts that are tried before an operator counts as indefinite. */
  private static final int SHIFTS = 6;

  /** Checks its options. */
  public Nystrom {
    if (oversampling < 0) {
      throw new IllegalArgumentException("oversampling must not be negative, got " + oversampling);
    }
  }

  @Override
  public Factor approximate(LinearOperator operator, long rank, TensorOptions options) {
    Sketch.check(operator, rank);
    try (Scope scope = Scope.open()) {
      long width = width(rank, operator.size());
      Tensor omega = Sketch.test(seed, options, width, operator.size());
      Tensor y = Sketch.finite(operator.apply(omega));
      // as small as it may be: Omega^T M Omega has eigenvalues of the order of lambda / d, which a
      // shift of sqrt(d) eps |Y| (Frangella, Tropp and Udell 2023) would drown in float32
      double norm = Tensors.item(y.norm());
      double shift = Sketch.rounding(y) * norm;
      if (norm == 0) {
        return new Factor(scope.keep(Tensors.zeros(y, 1, operator.size())), width);
      }
      for (int attempt = 0; attempt < SHIFTS; attempt++, shift *= 10) {
        Tensor shifted = y.add(omega, new Scalar(shift));
        Tensor core = shifted.matmul(omega.t());
        T_TensorTensor_T cholesky = torch.linalg_cholesky_ex(core.add(core.t()).div(new Scalar(2)));
        if (new Tensor(cholesky.get1()).item_long() == 0) {
          Tensor lower = new Tensor(cholesky.get0());
          Factor factor = cut(shifted, lower, shift, rank, width);
          scope.keep(factor.rows());
          return factor;
        }
      }
      throw new IndefiniteOperatorException("a low-rank approximation needs");
    }
  }

  /** Singular vectors of C^-1 Y, whose squared singular values less the shift are eigenvalues. */
  private static Factor cut(Tensor y, Tensor lower, double shift, long rank, long products) {
    Tensor whitened = torch.linalg_solve_triangular(lower, y, false);
    T_TensorTensor_T qr = torch.linalg_qr(whitened.t());
    T_TensorTensorTensor_T svd = torch.linalg_svd(new Tensor(qr.get1()));
    Tensor values = new Tensor(svd.get1()).square().sub(new Scalar(shift));
    Tensor vectors = new Tensor(qr.get0()).matmul(new Tensor(svd.get0())).t();
    return Sketch.factor(values, vectors, rank, products);
  }
}
