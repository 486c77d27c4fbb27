package io.nngeometry.engine;

import static org.bytedeco.openblas.global.openblas_nolapack.CblasLower;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_dgemm;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_dsyrk;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_sgemm;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_ssyrk;

import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The products of the BLAS that libtorch is linked to, into a contiguous result. Places count
 * numbers from a tensor's first; what is there must have been checked.
 */
abstract class Cblas {
  private final Operand a;
  private final Operand b;

  private Cblas(Operand a, Operand b) {
    this.a = a;
    this.b = b;
  }

  /** Whether the BLAS can be called, and multiplies numbers of this type. */
  static boolean serves(Tensor t) {
    ScalarType type = Tensors.type(t);
    return Blas.isBound() && t.is_cpu() && (type == ScalarType.Float || type == ScalarType.Double);
  }

  /** Products of parts of two operands into parts of {@code sum}, all of one type. */
  static Cblas of(Tensor sum, Operand a, Operand b) {
    return Tensors.type(sum) == ScalarType.Double ? new Doubles(sum, a, b) : new Floats(sum, a, b);
  }

  /**
   * factor a b + beta sum, of (m, k) and (k, p).
   *
   * @param beta zero if what {@code sum} holds is not to be read
   */
  abstract void gemm(
      int m, int p, int k, double factor, long atA, long atB, double beta, long atSum);

  /** factor a a^T + beta sum, of (f, k), on and below the diagonal. */
  abstract void syrk(int f, int k, double factor, long atA, double beta, long atSum);

  final int transA() {
    return a.transposed() ? CblasTrans : CblasNoTrans;
  }

  final int transB() {
    return b.transposed() ? CblasTrans : CblasNoTrans;
  }

  final int leadA() {
    return a.lead();
  }

  final int leadB() {
    return b.lead();
  }

  private static final class Floats extends Cblas {
    private final FloatPointer a;
    private final FloatPointer b;
    private final FloatPointer sum;

    Floats(Tensor sum, Operand a, Operand b) {
      super(a, b);
      this.a = a.tensor().data_ptr_float();
      this.b = b.tensor().data_ptr_float();
      this.sum = sum.data_ptr_float();
    }

    @Override
    void gemm(int m, int p, int k, double factor, long atA, long atB, double beta, long atSum) {
      float times = (float) factor;
      float keep = (float) beta;
      a.position(atA);
      b.position(atB);
      sum.position(atSum);
      cblas_sgemm(
          CblasRowMajor, transA(), transB(), m, p, k, times, a, leadA(), b, leadB(), keep, sum, p);
    }

    @Override
    void syrk(int f, int k, double factor, long atA, double beta, long atSum) {
      float times = (float) factor;
      float keep = (float) beta;
      a.position(atA);
      sum.position(atSum);
      cblas_ssyrk(CblasRowMajor, CblasLower, transA(), f, k, times, a, leadA(), keep, sum, f);
    }
  }

  private static final class Doubles extends Cblas {
    private final DoublePointer a;
    private final DoublePointer b;
    private final DoublePointer sum;

    Doubles(Tensor sum, Operand a, Operand b) {
      super(a, b);
      this.a = a.tensor().data_ptr_double();
      this.b = b.tensor().data_ptr_double();
      this.sum = sum.data_ptr_double();
    }

    @Override
    void gemm(int m, int p, int k, double factor, long atA, long atB, double beta, long atSum) {
      a.position(atA);
      b.position(atB);
      sum.position(atSum);
      cblas_dgemm(
          CblasRowMajor, transA(), transB(), m, p, k, factor, a, leadA(), b, leadB(), beta, sum, p);
    }

    @Override
    void syrk(int f, int k, double factor, long atA, double beta, long atSum) {
      a.position(atA);
      sum.position(atSum);
      cblas_dsyrk(CblasRowMajor, CblasLower, transA(), f, k, factor, a, leadA(), beta, sum, f);
    }
  }
}
