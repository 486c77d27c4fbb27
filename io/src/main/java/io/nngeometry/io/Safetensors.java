package io.nngeometry.io;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Tensor;

/**
 * The <a href="https://github.com/huggingface/safetensors">safetensors</a> format: named dense
 * tensors and string metadata. Element types are float64, float32, float16, bfloat16, int64, int32,
 * int16, int8, uint8 and bool.
 *
 * <pre>{@code
 * Safetensors.write(path, Map.of("fc.weight", w, "fc.bias", b), Map.of("epoch", "3"));
 * try (TensorFile file = Safetensors.read(path)) {
 *   Tensor w = file.get("fc.weight");
 * }
 * }</pre>
 */
public final class Safetensors {
  private Safetensors() {}

  /**
   * Reads all tensors of {@code file}. They belong to the result and, like everything a public
   * method makes, end with the enclosing {@link Scope} at the latest.
   *
   * @throws CorruptFileException if the file is not well formed; all of its header is checked
   *     against the file's size before memory is taken
   * @throws IOException if it cannot be read
   */
  public static TensorFile read(Path file) throws IOException {
    return read(file, name -> true);
  }

  /** As {@link #read(Path)}, but only the tensors whose name is {@code wanted}. */
  public static TensorFile read(Path file, Predicate<String> wanted) throws IOException {
    Place place = Place.of(file);
    try (FileChannel in = Sources.open(file);
        Scope scope = Scope.open()) {
      int headerBytes = headerBytes(in, place);
      long start = Long.BYTES + headerBytes;
      SafetensorsHeader header =
          SafetensorsHeader.parse(
              Sources.bytes(in, Long.BYTES, headerBytes, place).array(), in.size() - start, place);
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (Map.Entry<String, SafetensorsHeader.Entry> e : header.entries().entrySet()) {
        if (wanted.test(e.getKey())) {
          SafetensorsHeader.Entry t = e.getValue();
          Place where = place.tensor(e.getKey());
          tensors.put(
              e.getKey(), TensorData.read(in, start + t.begin(), t.dtype(), t.shape(), where));
        }
      }
      tensors.values().forEach(scope::keep);
      return new TensorFile(file, tensors, header.metadata());
    }
  }

  /**
   * Writes {@code tensors} and {@code metadata}, replacing {@code file} as {@link
   * AtomicFiles#write} does. The same content gives the same bytes whatever the order of the maps:
   * tensors are laid out as the reference implementation does (by type, then name), metadata are
   * sorted by key. Tensors may be of any device and strides.
   *
   * @throws IllegalArgumentException if a tensor is not dense or of a type not listed above, or a
   *     name is {@code __metadata__}
   * @throws IOException if the file cannot be written; a former file is untouched
   */
  public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata)
      throws IOException {
    SafetensorsHeader header = layOut(tensors, metadata);
    ByteBuffer head = head(header);
    List<Tensor> ordered =
        header.entries().keySet().stream().map(name -> find(tensors, name)).toList();
    AtomicFiles.write(
        file,
        out -> {
          Sources.write(out, head);
          for (Tensor t : ordered) {
            TensorData.write(out, t);
          }
        });
  }

  /** What stands before the elements: the header's length and the header. */
  static ByteBuffer head(SafetensorsHeader header) throws IOException {
    byte[] json = header.format();
    if (json.length > SafetensorsHeader.MAX_BYTES) {
      throw new IllegalArgumentException(
          "names and metadata take %d bytes, more than the format's %d"
              .formatted(json.length, SafetensorsHeader.MAX_BYTES));
    }
    return ByteBuffer.allocate(Long.BYTES + json.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .flip();
  }

  private static SafetensorsHeader layOut(
      Map<String, Tensor> tensors, Map<String, String> metadata) {
    Map<String, Dtype> dtypes = new TreeMap<>();
    tensors.forEach((name, t) -> dtypes.put(name, TensorData.writable(t, "tensor '" + name + "'")));
    if (dtypes.containsKey(SafetensorsHeader.METADATA)) {
      throw new IllegalArgumentException(
          "a tensor cannot be called " + SafetensorsHeader.METADATA + " in a safetensors file");
    }
    Map<String, SafetensorsHeader.Entry> entries = new LinkedHashMap<>();
    long[] end = {0};
    dtypes.entrySet().stream()
        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
        .forEachOrdered(
            e -> {
              Tensor t = find(tensors, e.getKey());
              long begin = end[0];
              end[0] = Math.addExact(begin, t.nbytes());
              entries.put(
                  e.getKey(),
                  new SafetensorsHeader.Entry(e.getValue(), Tensors.shape(t), begin, end[0]));
            });
    return new SafetensorsHeader(entries, new TreeMap<>(metadata));
  }

  private static Tensor find(Map<String, Tensor> tensors, String name) {
    return Objects.requireNonNull(tensors.get(name), name);
  }

  private static int headerBytes(FileChannel in, Place place) throws IOException {
    long rest = in.size() - Long.BYTES;
    if (rest < 0) {
      throw place.corrupt("it is too short to be a safetensors file");
    }
    long length = Sources.bytes(in, 0, Long.BYTES, place).getLong();
    if (length < 0 || length > SafetensorsHeader.MAX_BYTES) {
      throw place.corrupt(
          "it is not a safetensors file: its header would have %s bytes"
              .formatted(Long.toUnsignedString(length)));
    }
    if (length > rest) {
      throw place.corrupt(
          "its header should have %d bytes, but only %d follow".formatted(length, rest));
    }
    return (int) length;
  }
}
