package io.nngeometry.io;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

/**
 * NumPy's <a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">.npy</a>
 * format: one array. Element types are float64, float32, float16, int64, int32, int16, int8, uint8
 * and bool.
 *
 * <pre>{@code
 * Npy.write(path, kernel); // numpy.load(path)
 * Tensor x = Npy.read(path); // numpy.save(path, x)
 * }</pre>
 */
public final class Npy {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  /** Magic, two bytes of version. */
  private static final int VERSION_END = MAGIC.length + 2;

  /** A plain array's header takes some hundred bytes. */
  private static final int MAX_HEADER = 1 << 16;

  /** NumPy aligns the data, for memory maps. */
  private static final int ALIGNMENT = 64;

  private Npy() {}

  /**
   * Reads a file of version 1, 2 or 3, of either byte order and either axis order. The tensor is on
   * the CPU, contiguous, and belongs to the caller.
   *
   * @throws CorruptFileException if the file is not well formed or its element type is not listed
   *     above; its header is checked against its size before memory is taken
   * @throws IOException if it cannot be read
   */
  public static Tensor read(Path file) throws IOException {
    Place place = Place.of(file);
    try (FileChannel in = Sources.open(file)) {
      return read(Bytes.of(in), place);
    }
  }

  /** The array that {@code in} holds. */
  static Tensor read(Bytes in, Place place) throws IOException {
    try (Scope scope = Scope.open()) {
      Head head = head(in, place);
      return scope.keep(elements(in, head.length(), head.header(), place));
    }
  }

  /**
   * What stands before the elements.
   *
   * @param length its bytes
   */
  record Head(NpyHeader header, long length) {}

  /** Reads what stands before the elements. */
  static Head head(FileChannel in, Place place) throws IOException {
    return head(Bytes.of(in), place);
  }

  private static Head head(Bytes in, Place place) throws IOException {
    ByteBuffer start = Sources.bytes(in, 0, VERSION_END, place);
    int version = start.get(MAGIC.length);
    if (!Arrays.equals(start.array(), 0, MAGIC.length, MAGIC, 0, MAGIC.length)
        || version < 1
        || version > 3) {
      throw place.corrupt("it is not a .npy file of version 1, 2 or 3");
    }
    int lengthBytes = version == 1 ? Short.BYTES : Integer.BYTES;
    ByteBuffer field = Sources.bytes(in, VERSION_END, lengthBytes, place);
    long length =
        version == 1
            ? Short.toUnsignedLong(field.getShort())
            : Integer.toUnsignedLong(field.getInt());
    if (length > MAX_HEADER) {
      throw place.corrupt("its header would have %d bytes".formatted(length));
    }
    int headerStart = VERSION_END + lengthBytes;
    byte[] header = Sources.bytes(in, headerStart, (int) length, place).array();
    String text =
        new String(header, version == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
    return new Head(NpyHeader.parse(text, place), headerStart + length);
  }

  /**
   * Writes {@code t}, of any device and strides, in version 1, replacing {@code file} as {@link
   * AtomicFiles#write} does.
   *
   * @throws IllegalArgumentException if {@code t} is not dense or of a type not listed above
   * @throws IOException if the file cannot be written; a former file is untouched
   */
  public static void write(Path file, Tensor t) throws IOException {
    Dtype dtype = TensorData.writable(t, "the tensor");
    String npy =
        dtype
            .npy()
            .orElseThrow(() -> new IllegalArgumentException("NumPy has no element type " + dtype));
    ByteBuffer head = head(NpyHeader.format(dtype, npy, Tensors.shape(t)));
    AtomicFiles.write(
        file,
        out -> {
          Sources.write(out, head);
          TensorData.write(out, t);
        });
  }

  private static Tensor elements(Bytes in, long start, NpyHeader header, Place place)
      throws IOException {
    long bytes = TensorData.bytes(header.dtype(), header.shape(), place);
    if (bytes != in.size() - start) {
      throw place.corrupt(
          "its dtype and shape need %d bytes, the file has %d".formatted(bytes, in.size() - start));
    }
    long[] stored = header.fortran() ? reversed(header.shape()) : header.shape();
    Tensor t =
        header.swapped()
            ? swapped(in, start, header.dtype(), stored, place)
            : TensorData.read(in, start, header.dtype(), stored, place);
    if (!header.fortran()) {
      return t;
    }
    long[] axes = new long[stored.length];
    Arrays.setAll(axes, k -> axes.length - 1 - k);
    return t.permute(axes).contiguous();
  }

  private static Tensor swapped(Bytes in, long start, Dtype dtype, long[] shape, Place place)
      throws IOException {
    long[] asBytes = {Tensors.numel(shape), dtype.size()};
    return TensorData.read(in, start, Dtype.U8, asBytes, place)
        .flip(1)
        .view(dtype.type())
        .reshape(shape);
  }

  private static long[] reversed(long[] shape) {
    long[] reversed = new long[shape.length];
    Arrays.setAll(reversed, k -> shape[shape.length - 1 - k]);
    return reversed;
  }

  /** What stands before elements with this dictionary. */
  static ByteBuffer head(String dictionary) {
    int start = VERSION_END + Short.BYTES;
    int end = start + dictionary.length() + 1;
    int padded = (end + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    String text = dictionary + " ".repeat(padded - end) + "\n";
    return ByteBuffer.allocate(padded)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(MAGIC)
        .put((byte) 1)
        .put((byte) 0)
        .putShort((short) (padded - start))
        .put(text.getBytes(StandardCharsets.ISO_8859_1))
        .flip();
  }
}
