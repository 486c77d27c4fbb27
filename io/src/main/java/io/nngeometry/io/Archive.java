package io.nngeometry.io;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A file of PyTorch's: an uncompressed zip whose entries stand under one folder. Every entry is
 * checked against its CRC-32 when it is read. Nothing is ever unpacked to the disk.
 */
public final class Archive implements AutoCloseable {
  private static final String LITTLE = "little";

  /** A view may be larger than what it views, as by expansion, up to this many elements. */
  private static final long MAX_EXPANDED = 1 << 20;

  private final Path file;
  private final Place place;
  private final FileChannel in;
  private final Map<String, ZipDirectory.Entry> entries;

  private Archive(Path file, FileChannel in, Map<String, ZipDirectory.Entry> entries) {
    this.file = file;
    this.place = Place.of(file);
    this.in = in;
    this.entries = entries;
  }

  /**
   * Opens {@code file}.
   *
   * @throws CorruptFileException if it is no zip file, damaged, made to deceive, or big-endian
   * @throws IOException if it cannot be read
   */
  public static Archive open(Path file) throws IOException {
    FileChannel in = Sources.open(file);
    try {
      Place place = Place.of(file);
      Map<String, ZipDirectory.Entry> entries =
          withoutFolder(ZipDirectory.read(in, place).entries(), place);
      Archive archive = new Archive(file, in, entries);
      archive.checkByteOrder();
      return archive;
    } catch (IOException | RuntimeException e) {
      in.close();
      throw e;
    }
  }

  private static Map<String, ZipDirectory.Entry> withoutFolder(
      Map<String, ZipDirectory.Entry> entries, Place place) throws CorruptFileException {
    Map<String, ZipDirectory.Entry> inside = new LinkedHashMap<>();
    @Nullable String folder = null;
    for (Map.Entry<String, ZipDirectory.Entry> e : entries.entrySet()) {
      int slash = e.getKey().indexOf('/');
      String mine = slash < 0 ? "" : e.getKey().substring(0, slash);
      if (slash < 0 || (folder != null && !folder.equals(mine))) {
        throw place.corrupt("it is not a file of PyTorch's: its entries stand under no one folder");
      }
      folder = mine;
      inside.put(e.getKey().substring(slash + 1), e.getValue());
    }
    return inside;
  }

  private void checkByteOrder() throws IOException {
    if (has("byteorder")) {
      String order = new String(bytes("byteorder", 16), StandardCharsets.US_ASCII).trim();
      if (!order.equals(LITTLE)) {
        throw corrupt("its byte order is '%s', not little".formatted(Place.shown(order)));
      }
    }
  }

  /** The file. */
  public Path file() {
    return file;
  }

  /** Names of the entries, without the folder. */
  public Set<String> names() {
    return entries.keySet();
  }

  /** Whether there is an entry called {@code name}. */
  public boolean has(String name) {
    return entries.containsKey(name);
  }

  /** The exception that says {@code problem} of this file. */
  public CorruptFileException corrupt(String problem) {
    return place.corrupt(problem);
  }

  private ZipDirectory.Entry entry(String name) throws CorruptFileException {
    ZipDirectory.@Nullable Entry entry = entries.get(name);
    if (entry == null) {
      throw corrupt("it has no entry '" + Place.shown(name) + "'");
    }
    return entry;
  }

  /** The bytes of a small entry, at most {@code limit}. */
  public byte[] bytes(String name, int limit) throws IOException {
    ZipDirectory.Entry entry = entry(name);
    if (entry.length() > limit) {
      throw place
          .entry(name)
          .corrupt("it has %d bytes, more than %d".formatted(entry.length(), limit));
    }
    byte[] bytes = Sources.bytes(in, entry.start(), (int) entry.length(), place).array();
    CRC32 crc = new CRC32();
    crc.update(bytes);
    check(crc, entry, name);
    return bytes;
  }

  /**
   * All of an entry as a tensor of one axis, which the caller owns.
   *
   * @param type the element type, which must be one that safetensors has
   */
  public Tensor elements(String name, ScalarType type) throws IOException {
    ZipDirectory.Entry entry = entry(name);
    Place where = place.entry(name);
    Dtype dtype =
        Dtype.of(type)
            .orElseThrow(() -> where.corrupt("elements of type " + type + " cannot be read"));
    if (entry.length() % dtype.size() != 0) {
      throw where.corrupt(
          "its %d bytes are no whole elements of %s".formatted(entry.length(), dtype));
    }
    long[] shape = {entry.length() / dtype.size()};
    try (Scope scope = Scope.open()) {
      Tensor t = TensorData.read(in, entry.start(), dtype, shape, where);
      CRC32 crc = new CRC32();
      TensorData.forEachWindow(t, crc::update);
      check(crc, entry, name);
      return scope.keep(t);
    }
  }

  /**
   * A strided view of {@code elements}, checked to lie within them.
   *
   * @param elements all elements, one axis
   * @param sizes its shape
   * @param strides steps in elements, not negative
   * @param offset its first element
   * @param name whose view it is, for the error
   */
  public Tensor view(Tensor elements, long[] sizes, long[] strides, long offset, String name)
      throws CorruptFileException {
    Place where = place.tensor(name);
    long count = TensorData.bytes(Dtype.U8, sizes, where);
    if (strides.length != sizes.length || offset < 0) {
      throw where.corrupt("its strides do not fit its shape");
    }
    if (count > Math.max(elements.numel(), MAX_EXPANDED)) {
      throw where.corrupt(
          "its shape needs %d elements, and %d are stored".formatted(count, elements.numel()));
    }
    long last = offset;
    try {
      for (int k = 0; k < sizes.length; k++) {
        if (strides[k] < 0) {
          throw where.corrupt("it has a negative stride");
        }
        last = Math.addExact(last, Math.multiplyExact(Math.max(sizes[k], 1) - 1, strides[k]));
      }
    } catch (ArithmeticException e) {
      throw where.corrupt("its strides lead beyond what is stored", e);
    }
    if (count > 0 && last >= elements.numel()) {
      throw where.corrupt(
          "it reaches element %d, and %d are stored".formatted(last, elements.numel()));
    }
    if (count == 0) {
      return Tensors.empty(elements, sizes);
    }
    return elements.as_strided(sizes, strides, new LongOptional(offset));
  }

  private void check(CRC32 crc, ZipDirectory.Entry entry, String name) throws CorruptFileException {
    if ((int) crc.getValue() != entry.crc()) {
      throw place.entry(name).corrupt("it is damaged: its checksum is another");
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
