package io.nngeometry.layers;

import io.nngeometry.engine.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * The parameters of a linear map as matrices, and how they lie in the flat vector.
 *
 * <p>A map with {@code groups} independent groups has one matrix of {@code rows} x {@code width}
 * per group; a bias is its last column. The flat order is the weight, row-major, then the bias. For
 * {@code transposedKernel} K > 0 the stored weight is (groups, columns / K, rows, K) instead, as in
 * transposed convolutions.
 *
 * @param groups independent blocks, 1 but for grouped convolutions
 * @param rows rows of one matrix
 * @param columns columns of one matrix without the bias, 0 where only the bias is meant
 * @param bias whether a bias column follows
 * @param transposedKernel kernel elements of a transposed convolution, else 0
 */
public record MatrixLayout(
    long groups, long rows, long columns, boolean bias, long transposedKernel) {

  /** Columns with the bias. */
  public long width() {
    return columns + (bias ? 1 : 0);
  }

  /** Number of parameters. */
  public long size() {
    return groups * rows * width();
  }

  /** (..., groups, rows, width) to (..., size). */
  public Tensor toFlat(Tensor matrix) {
    long[] lead = lead(matrix, 3);
    List<Tensor> parts = new ArrayList<>(2);
    if (columns > 0) {
      Tensor weight = matrix.narrow(-1, 0, columns);
      if (transposedKernel > 0) {
        weight =
            weight.unflatten(-1, columns / transposedKernel, transposedKernel).transpose(-3, -2);
      }
      parts.add(weight.reshape(append(lead, groups * rows * columns)));
    }
    if (bias) {
      parts.add(matrix.narrow(-1, columns, 1).reshape(append(lead, groups * rows)));
    }
    return Tensors.cat(parts, -1);
  }

  /** (..., size) to (..., groups, rows, width). */
  public Tensor toMatrix(Tensor flat) {
    long[] lead = lead(flat, 1);
    List<Tensor> parts = new ArrayList<>(2);
    if (columns > 0) {
      Tensor weight = flat.narrow(-1, 0, groups * rows * columns);
      if (transposedKernel > 0) {
        weight =
            weight
                .reshape(append(lead, groups, columns / transposedKernel, rows, transposedKernel))
                .transpose(-3, -2);
      }
      parts.add(weight.reshape(append(lead, groups, rows, columns)));
    }
    if (bias) {
      parts.add(
          flat.narrow(-1, groups * rows * columns, groups * rows)
              .reshape(append(lead, groups, rows, 1)));
    }
    return Tensors.cat(parts, -1);
  }

  private static long[] lead(Tensor t, int drop) {
    long[] shape = Tensors.shape(t);
    return java.util.Arrays.copyOf(shape, shape.length - drop);
  }

  private static long[] append(long[] lead, long... rest) {
    long[] all = java.util.Arrays.copyOf(lead, lead.length + rest.length);
    System.arraycopy(rest, 0, all, lead.length, rest.length);
    return all;
  }
}
