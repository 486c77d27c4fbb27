package io.nngeometry.engine;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Many small matrix products, or sums of them, by calls of the BLAS itself. libtorch multiplies the
 * matrices of a batch one after the other, with some views made and freed before each: for a
 * product of 16 x 1,024 x 16 that takes as long as the product, and longer where threads wait for
 * each other's allocations. Nor does it have a product of a matrix with its own transpose, which is
 * half the work.
 */
public final class Products {
  /**
   * Multiplications of a product whose operands OpenBLAS does not pack. Packing takes as long as
   * multiplying where two sides are short, so the long one is cut.
   */
  private static final int UNPACKED = 1_000_000;

  /** Matrices of so few rows gain nothing by leaving half of their product out. */
  private static final int NARROW = 32;

  private Products() {}

  /**
   * The products a_i b_i of many matrices, which no graph records.
   *
   * @param a (n, groups, m, k)
   * @param b (n, groups, k, p)
   * @return (n, groups, m, p)
   */
  public static Tensor of(Tensor a, Tensor b) {
    if (!serve(a) || !serve(b)) {
      return torch.matmul(a, b);
    }
    Tensor products = Tensors.empty(a, a.size(0), a.size(1), a.size(2), b.size(3));
    into(products, a, b, 1);
    return products;
  }

  /**
   * Writes the products factor a_i b_i where they stay.
   *
   * @param place (n, groups, m, p), every matrix in one piece
   */
  public static void into(Tensor place, Tensor a, Tensor b, double factor) {
    check(a, b);
    check(place, a, b);
    if (!serve(a) || !serve(b)) {
      torch.mul_out(place, torch.matmul(a, b), Tensors.filled(place, factor));
      return;
    }
    Operand left = Operand.of(a);
    Operand right = Operand.of(b);
    Cblas blas = Cblas.of(place, left, right);
    int m = side(a, 2);
    int p = side(b, 3);
    int k = side(a, 3);
    for (long i = 0; i < a.size(0); i++) {
      for (long g = 0; g < a.size(1); g++) {
        long at = i * place.stride(0) + g * place.stride(1);
        blas.gemm(m, p, k, factor, left.at(i, g, 0, 0), right.at(i, g, 0, 0), 0, at);
      }
    }
  }

  /** Whether there is something to multiply that the BLAS does. */
  static boolean serve(Tensor t) {
    return t.numel() > 0 && Cblas.serves(t);
  }

  /**
   * The sum over i of a_i b_i.
   *
   * @param sum (groups, m, p), contiguous
   * @param a (n, groups, m, k)
   * @param b (n, groups, k, p)
   * @param more whether to add to what {@code sum} holds, which is overwritten else
   */
  static void add(Tensor sum, Tensor a, Tensor b, double factor, boolean more) {
    check(a, b);
    Operand left = Operand.of(a);
    Operand right = Operand.of(b);
    Cblas blas = Cblas.of(sum, left, right);
    int m = side(sum, 1);
    int p = side(sum, 2);
    int k = side(a, 3);
    int piece = m <= NARROW && p <= NARROW ? UNPACKED / (m * p) : k;
    for (long g = 0; g < sum.size(0); g++) {
      boolean begun = more;
      for (long i = 0; i < a.size(0); i++) {
        for (int at = 0; at < k; at += piece) {
          int some = Math.min(piece, k - at);
          long atA = left.at(i, g, 0, at);
          long atB = right.at(i, g, at, 0);
          blas.gemm(m, p, some, factor, atA, atB, begun ? 1 : 0, g * m * p);
          begun = true;
        }
      }
    }
  }

  /**
   * The sum over i of x_i x_i^T.
   *
   * @param sum (groups, f, f), contiguous
   * @param x (n, groups, f, k)
   * @param more whether to add to what {@code sum} holds, which is overwritten else
   * @return whether what is above the diagonal was left out
   */
  static boolean addMoment(Tensor sum, Tensor x, double factor, boolean more) {
    int f = side(sum, 1);
    if (f <= NARROW) {
      add(sum, x, x.transpose(2, 3), factor, more);
      return false;
    }
    Operand operand = Operand.of(x);
    Cblas blas = Cblas.of(sum, operand, operand);
    int k = side(x, 3);
    for (long g = 0; g < sum.size(0); g++) {
      for (long i = 0; i < x.size(0); i++) {
        blas.syrk(f, k, factor, operand.at(i, g, 0, 0), more || i > 0 ? 1 : 0, g * f * f);
      }
    }
    return true;
  }

  /** The BLAS would read past the end. */
  private static void check(Tensor a, Tensor b) {
    if (a.dim() != 4
        || b.dim() != 4
        || a.size(0) != b.size(0)
        || a.size(1) != b.size(1)
        || a.size(3) != b.size(2)
        || Tensors.type(a) != Tensors.type(b)) {
      throw new IllegalArgumentException(
          "matrices %s cannot be multiplied with %s"
              .formatted(Arrays.toString(Tensors.shape(a)), Arrays.toString(Tensors.shape(b))));
    }
  }

  /** The BLAS would write past the end. */
  private static void check(Tensor place, Tensor a, Tensor b) {
    long[] shape = {a.size(0), a.size(1), a.size(2), b.size(3)};
    if (!Arrays.equals(Tensors.shape(place), shape)
        || (shape[3] > 1 && place.stride(3) != 1)
        || (shape[2] > 1 && place.stride(2) != shape[3])
        || Tensors.type(place) != Tensors.type(a)) {
      throw new IllegalArgumentException(
          "products %s do not fit a place of shape %s"
              .formatted(Arrays.toString(shape), Arrays.toString(Tensors.shape(place))));
    }
  }

  private static int side(Tensor t, int axis) {
    return Math.toIntExact(t.size(axis));
  }
}
