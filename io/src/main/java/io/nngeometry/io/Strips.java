package io.nngeometry.io;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.util.function.BiConsumer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a square matrix in a .npy file, in strips that are mapped into memory. A strip is
 * mapped once: a mapping ends when the collector finds it, and costs addresses but no memory.
 */
final class Strips {
  private static final long STRIP_BYTES = 64L << 20;

  private final FileChannel in;
  private final Npy.Head head;
  private final Place place;
  private final long size;
  private final long rows;
  private final @Nullable MappedByteBuffer[] mapped;

  /**
   * @param head of an array whose first two axes are the rows, and its last two the columns
   */
  Strips(FileChannel in, Npy.Head head, Place place) {
    this.in = in;
    this.head = head;
    this.place = place;
    long[] shape = head.header().shape();
    size = shape[0] * shape[1];
    rows = Math.max(1, STRIP_BYTES / (size * head.header().dtype().size()));
    mapped = new MappedByteBuffer[Math.toIntExact((size + rows - 1) / rows)];
  }

  /** Hands on each strip, (rows, size), with the number of its first row; it is not to be kept. */
  void forEach(BiConsumer<Long, Tensor> consumer) throws IOException {
    for (int k = 0; k < mapped.length; k++) {
      long first = k * rows;
      try (Scope scope = Scope.open()) {
        consumer.accept(first, strip(k, first, Math.min(rows, size - first)));
      }
    }
  }

  private Tensor strip(int k, long first, long count) throws IOException {
    Dtype dtype = head.header().dtype();
    long[] shape = {count, size};
    long start = head.length() + first * size * dtype.size();
    long bytes = count * size * dtype.size();
    if (in.size() < start + bytes) { // a mapping beyond the end would kill the process
      throw place.corrupt("it has been cut short while it was open");
    }
    if (head.length() % dtype.size() != 0) {
      return TensorData.read(in, start, dtype, shape, place);
    }
    MappedByteBuffer strip;
    synchronized (mapped) {
      strip = mapped[k];
      if (strip == null) {
        strip = in.map(MapMode.READ_ONLY, start, bytes);
        mapped[k] = strip;
      }
    }
    return torch.from_blob(new BytePointer(strip), shape, Tensors.options(dtype.type()));
  }
}
