package io.nngeometry.layers;

import io.nngeometry.engine.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

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

  /** The same for the weight alone. */
  MatrixLayout withoutBias() {
    return new MatrixLayout(groups, rows, columns, false, transposedKernel);
  }

  /** Whether flat vectors are a matrix by rows as they are. */
  boolean isOneMatrix() {
    return groups == 1 && !bias && transposedKernel == 0;
  }

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
    if (!bias && transposedKernel == 0) {
      return matrix.reshape(append(lead(matrix, 3), size()));
    }
    Tensor flat = Tensors.empty(matrix, append(lead(matrix, 3), size()));
    // copies can be differentiated, unlike what write does
    if (columns > 0) {
      weights(flat).copy_(stored(matrix));
    }
    if (bias) {
      biases(flat).copy_(matrix.narrow(-1, columns, 1));
    }
    return flat;
  }

  /** Writes {@code factor} times {@code matrix}, (..., groups, rows, width), to (..., size). */
  void write(Tensor matrix, double factor, Tensor flat) {
    Tensor times = Tensors.filled(matrix, factor);
    if (columns > 0) {
      torch.mul_out(weights(flat), stored(matrix), times);
    }
    if (bias) {
      torch.mul_out(biases(flat), matrix.narrow(-1, columns, 1), times);
    }
  }

  /**
   * Writes {@code factor} times the outer products of columns (..., groups, rows, 1) and rows (...,
   * groups, 1, width) to (..., size).
   */
  void writeProduct(Tensor column, Tensor row, double factor, Tensor flat) {
    if (transposedKernel > 0) {
      write(column.mul(row), factor, flat);
      return;
    }
    Tensor scaled = column.mul(Tensors.scalar(factor));
    if (columns > 0) {
      torch.mul_out(weights(flat), scaled, row.narrow(-1, 0, columns));
    }
    if (bias) {
      torch.mul_out(biases(flat), scaled, row.narrow(-1, columns, 1));
    }
  }

  // the matrix's weights in the shape of weights(flat), as a view
  private Tensor stored(Tensor matrix) {
    Tensor weight = matrix.narrow(-1, 0, columns);
    return transposedKernel > 0
        ? weight.unflatten(-1, columns / transposedKernel, transposedKernel)
        : weight;
  }

  // (..., groups, rows, columns), or (..., groups, rows, columns / K, K), as a view
  private Tensor weights(Tensor flat) {
    Tensor weight = flat.narrow(-1, 0, groups * rows * columns);
    return transposedKernel > 0
        ? weight
            .unflatten(-1, groups, columns / transposedKernel, rows, transposedKernel)
            .transpose(-3, -2)
        : weight.unflatten(-1, groups, rows, columns);
  }

  // (..., groups, rows, 1), as a view
  private Tensor biases(Tensor flat) {
    return flat.narrow(-1, groups * rows * columns, groups * rows).unflatten(-1, groups, rows, 1);
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
