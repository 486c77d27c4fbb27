package io.nngeometry.io;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.function.Consumer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Moves row-major little-endian elements between files and tensors. Bytes pass straight between the
 * channel and the tensor's memory, a window at a time, since no buffer of Java's exceeds 2 GiB.
 */
final class TensorData {
  private static final long WINDOW = 64L << 20;

  /** As many axes as libtorch's element-wise operations take. */
  private static final int MAX_AXES = 64;

  private TensorData() {}

  /** Bytes of a tensor of this {@code shape}, which is checked. */
  static long bytes(Dtype dtype, long[] shape, Place place) throws CorruptFileException {
    if (shape.length > MAX_AXES) {
      throw place.corrupt("it has " + shape.length + " axes, more than " + MAX_AXES);
    }
    boolean empty = false;
    long bytes = dtype.size();
    for (long size : shape) {
      if (size < 0) {
        throw place.corrupt("its shape " + Arrays.toString(shape) + " is negative");
      }
      empty |= size == 0;
      try {
        // libtorch's strides treat zero as one, so an empty tensor may overflow too
        bytes = Math.multiplyExact(bytes, Math.max(size, 1));
      } catch (ArithmeticException e) {
        throw place.corrupt("its shape " + Arrays.toString(shape) + " is too large", e);
      }
    }
    return empty ? 0 : bytes;
  }

  /**
   * Reads a tensor whose data start at {@code position}. The caller has checked that the file is
   * long enough, so no more memory is taken than the file has bytes.
   */
  static Tensor read(FileChannel in, long position, Dtype dtype, long[] shape, Place place)
      throws IOException {
    return read(Bytes.of(in), position, dtype, shape, place);
  }

  /** As {@link #read(FileChannel, long, Dtype, long[], Place)}, of other bytes. */
  static Tensor read(Bytes in, long position, Dtype dtype, long[] shape, Place place)
      throws IOException {
    Tensor t = allocate(dtype, shape, place);
    long bytes = t.nbytes();
    for (long start = 0; start < bytes; start += WINDOW) {
      ByteBuffer window = window(t, start, bytes);
      while (window.hasRemaining()) {
        if (in.read(window, position + start + window.position()) < 0) {
          throw place.corrupt("the file ends within its data");
        }
      }
      if (dtype == Dtype.BOOL) {
        checkBooleans(window, place);
      }
    }
    return t;
  }

  /** Writes the elements of {@code t}, of any device and strides, at the channel's position. */
  static void write(FileChannel out, Tensor t) throws IOException {
    try (Scope scope = Scope.open()) {
      Tensor c = t.detach().resolve_neg().cpu().contiguous();
      long bytes = c.nbytes();
      for (long start = 0; start < bytes; start += WINDOW) {
        ByteBuffer window = window(c, start, bytes);
        while (window.hasRemaining()) {
          out.write(window);
        }
      }
    }
  }

  /**
   * The element type of a tensor to be written.
   *
   * @throws IllegalArgumentException if no file can hold {@code t}, called {@code name}
   */
  static Dtype writable(Tensor t, String name) {
    if (!t.defined() || t.layout().intern() != torch.Layout.Strided) {
      throw new IllegalArgumentException(name + " is undefined or not dense");
    }
    return Dtype.of(t)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    name + " has elements of type " + t.scalar_type() + ", which cannot be saved"));
  }

  /** Hands all bytes of a contiguous {@code t} to {@code consumer}, in order. */
  static void forEachWindow(Tensor t, Consumer<ByteBuffer> consumer) {
    long bytes = t.nbytes();
    for (long start = 0; start < bytes; start += WINDOW) {
      consumer.accept(window(t, start, bytes));
    }
  }

  private static Tensor allocate(Dtype dtype, long[] shape, Place place) throws IOException {
    try {
      return torch.empty(shape, Tensors.options(dtype.type()), new MemoryFormatOptional());
    } catch (RuntimeException e) {
      throw new IOException(place.file() + ": " + place.prefix() + "it does not fit in memory", e);
    }
  }

  /**
   * The bytes of {@code t} from {@code start} on, at most a window's and at most to {@code end}.
   */
  static ByteBuffer window(Tensor t, long start, long end) {
    // the pointer itself is moved: a position beyond 2 GiB gives an empty buffer
    return new BytePointer(t.data_ptr())
        .getPointer(start)
        .limit(Math.min(WINDOW, end - start))
        .asByteBuffer();
  }

  /** libtorch computes with a boolean's byte, and is undefined for others than 0 and 1. */
  private static void checkBooleans(ByteBuffer window, Place place) throws CorruptFileException {
    for (int i = 0; i < window.limit(); i++) {
      if ((window.get(i) & ~1) != 0) {
        throw place.corrupt("a boolean is the byte " + (window.get(i) & 0xff) + ", not 0 or 1");
      }
    }
  }
}
