package io.nngeometry.io;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.operators.FMatDense;
import io.nngeometry.operators.MatrixFreeFMat;
import io.nngeometry.vectors.FVector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.BiConsumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;

/**
 * A kernel whose elements stay in a .npy file, (c, n, c, n), which is mapped into memory some rows
 * at a time: a product reads them once, from the system's cache of the file where they are in it,
 * and all else is what products answer.
 *
 * <p>As with every mapped file, nobody may cut it short while a product runs; what was cut before
 * is an error.
 */
public final class StoredKernel extends MatrixFreeFMat {
  private final Path file;
  private final FileChannel in;
  private final Npy.Head head;
  private final Strips strips;

  private StoredKernel(Path file, FileChannel in, Npy.Head head) {
    this.file = file;
    this.in = in;
    this.head = head;
    this.strips = new Strips(in, head, Place.of(file));
  }

  /**
   * Opens a kernel.
   *
   * @throws CorruptFileException if the file does not hold floating numbers of such a shape
   * @throws IOException if it cannot be read
   */
  public static StoredKernel open(Path file) throws IOException {
    FileChannel in = Sources.open(file);
    try {
      Place place = Place.of(file);
      Npy.Head head = Npy.head(in, place);
      long[] s = head.header().shape();
      Dtype dtype = head.header().dtype();
      boolean shaped = s.length == 4 && s[0] == s[2] && s[1] == s[3] && s[0] > 0 && s[1] > 0;
      if (!shaped
          || head.header().swapped()
          || head.header().fortran()
          || (dtype != Dtype.F32 && dtype != Dtype.F64)) {
        throw place.corrupt(
            "it is not a kernel (c, n, c, n) of little-endian float32 or float64 but %s of shape %s"
                .formatted(dtype, Arrays.toString(s)));
      }
      if (TensorData.bytes(dtype, s, place) != in.size() - head.length()) {
        throw place.corrupt("its length is not that of its shape " + Arrays.toString(s));
      }
      return new StoredKernel(file, in, head);
    } catch (IOException | RuntimeException e) {
      in.close();
      throw e;
    }
  }

  @Override
  protected TensorOptions options() {
    return Tensors.options(head.header().dtype().type());
  }

  @Override
  public long outputs() {
    return head.header().shape()[0];
  }

  @Override
  public long examples() {
    return head.header().shape()[1];
  }

  @Override
  public String representation() {
    return "kernel on disk";
  }

  private void forEachStrip(BiConsumer<Long, Tensor> consumer) {
    try {
      strips.forEach(consumer);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  @Override
  public Tensor apply(Tensor rows) {
    return Scope.keeping(
        () -> {
          Tensor image = Tensors.empty(rows, rows.size(0), size());
          forEachStrip(
              (first, strip) ->
                  image.narrow(1, first, strip.size(0)).copy_(rows.matmul(strip.t())));
          return image;
        });
  }

  @Override
  public FVector diagonal() {
    return FVector.of(
        Scope.keeping(
            () -> {
              Tensor diagonal = Tensors.empty(options(), size());
              forEachStrip(
                  (first, strip) ->
                      diagonal
                          .narrow(0, first, strip.size(0))
                          .copy_(strip.diagonal(first, 0, 1).narrow(0, 0, strip.size(0))));
              return diagonal.view(outputs(), examples());
            }));
  }

  /** The kernel of the sum over outputs of their own kernels, as {@link FMatDense#overOutputs}. */
  public FMatDense overOutputs() {
    return FMatDense.of(
        Scope.keeping(
            () -> {
              long n = examples();
              Tensor sum = Tensors.zeros(Tensors.empty(options(), 0), n, n);
              forEachStrip(
                  (first, strip) -> {
                    long end = first + strip.size(0);
                    for (long k = first / n; k * n < end; k++) {
                      long from = Math.max(first, k * n);
                      long count = Math.min(end, (k + 1) * n) - from;
                      sum.narrow(0, from - k * n, count)
                          .add_(strip.narrow(0, from - first, count).narrow(1, k * n, n));
                    }
                  });
              return sum.view(1, n, 1, n);
            }));
  }

  @Override
  public double frobeniusNorm() {
    double[] sum = {0};
    forEachStrip((first, strip) -> sum[0] += Math.pow(Tensors.item(strip.norm()), 2));
    return Math.sqrt(sum[0]);
  }

  @Override
  public Tensor toDense() {
    try {
      return Npy.read(file);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot close " + file, e);
    }
  }

  @Override
  public String toString() {
    return "kernel of %d outputs on %d examples in %s".formatted(outputs(), examples(), file);
  }
}
