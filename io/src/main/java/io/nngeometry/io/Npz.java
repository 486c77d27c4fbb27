package io.nngeometry.io;

import io.nngeometry.engine.Scope;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.bytedeco.pytorch.Tensor;

/**
 * NumPy's .npz files: zip files of .npy files, compressed ({@code numpy.savez_compressed}) or not.
 *
 * <pre>{@code
 * try (TensorFile file = Npz.read(path)) { // numpy.savez(path, x=x, y=y)
 *   Tensor x = file.get("x");
 * }
 * }</pre>
 */
public final class Npz {
  private static final String SUFFIX = ".npy";

  /** Deflate makes of one byte no more than 1,032. */
  private static final long MOST_INFLATED = 1032;

  private Npz() {}

  /**
   * Reads the arrays of {@code file} by name. They belong to the result, as those of {@link
   * Safetensors#read(Path)} do.
   *
   * @throws CorruptFileException if the file is not well formed; sizes are checked against the
   *     file's before memory is taken
   * @throws IOException if it cannot be read
   */
  public static TensorFile read(Path file) throws IOException {
    return read(file, name -> true);
  }

  /** As {@link #read(Path)}, but only the arrays whose name is {@code wanted}. */
  public static TensorFile read(Path file, Predicate<String> wanted) throws IOException {
    try (FileChannel there = Sources.open(file)) {
      if (there.size() == 0) {
        throw new CorruptFileException(file, "it is empty");
      }
    }
    try (ZipFile zip = new ZipFile(file.toFile());
        Scope scope = Scope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (ZipEntry entry : zip.stream().map(e -> (ZipEntry) e).toList()) {
        if (entry.getName().endsWith(SUFFIX)) {
          String name = entry.getName().substring(0, entry.getName().length() - SUFFIX.length());
          if (wanted.test(name)) {
            tensors.put(name, array(zip, entry, Place.of(file).entry(entry.getName())));
          }
        }
      }
      tensors.values().forEach(scope::keep);
      return new TensorFile(file, tensors, Map.of());
    } catch (ZipException | EOFException e) {
      throw new CorruptFileException(
          file,
          "it is no .npz file (%s)".formatted(Place.shown(String.valueOf(e.getMessage()))),
          e);
    }
  }

  private static Tensor array(ZipFile zip, ZipEntry entry, Place place) throws IOException {
    if (entry.getSize() < 0 || entry.getSize() / MOST_INFLATED > entry.getCompressedSize()) {
      throw place.corrupt("it claims more bytes than it can hold");
    }
    CRC32 crc = new CRC32();
    try (InputStream in = new CheckedInputStream(zip.getInputStream(entry), crc);
        ReadableByteChannel inflated = Channels.newChannel(in)) {
      Tensor t = Npy.read(new Entry(entry.getSize(), inflated), place);
      if (crc.getValue() != entry.getCrc()) {
        throw place.corrupt("it is damaged: its checksum is another");
      }
      return t;
    }
  }

  /** An entry as it is inflated, which gives its bytes once and in order. */
  private record Entry(long size, ReadableByteChannel inflated) implements Bytes {
    @Override
    public int read(ByteBuffer to, long position) throws IOException {
      return inflated.read(to);
    }
  }
}
