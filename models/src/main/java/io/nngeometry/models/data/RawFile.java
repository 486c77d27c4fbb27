package io.nngeometry.models.data;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.CorruptFileException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A file of bytes that are read in order, packed by gzip or not. */
final class RawFile implements AutoCloseable {
  private static final int WINDOW = 1 << 20;
  private static final int GZIP = 0x1f8b;

  /** Deflate makes of one byte no more than 1,032. */
  private static final long MOST_INFLATED = 1032;

  private final Path file;
  private final InputStream in;
  private final long most;

  private RawFile(Path file, InputStream in, long most) {
    this.file = file;
    this.in = in;
    this.most = most;
  }

  /** Opens {@code file}, which must be a regular one. */
  static RawFile open(Path file) throws IOException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new IOException(file + ": it is not a regular file");
    }
    long size = Files.size(file);
    InputStream plain = new BufferedInputStream(Files.newInputStream(file), WINDOW);
    try {
      plain.mark(2);
      boolean packed = (plain.read() << 8 | plain.read()) == GZIP;
      plain.reset();
      return packed
          ? new RawFile(file, new GZIPInputStream(plain, WINDOW), size * MOST_INFLATED)
          : new RawFile(file, plain, size);
    } catch (ZipException | EOFException e) {
      plain.close();
      throw damaged(file, e);
    } catch (IOException | RuntimeException e) {
      plain.close();
      throw e;
    }
  }

  private static CorruptFileException damaged(Path file, IOException found) {
    return new CorruptFileException(
        file,
        "it is damaged or cut short (%s); fetch it again".formatted(found.getMessage()),
        found);
  }

  /** The exception that says {@code problem} of this file. */
  CorruptFileException corrupt(String problem) {
    return new CorruptFileException(file, problem + "; fetch it again");
  }

  /** The next four bytes, the most significant one first. */
  int bigEndian() throws IOException {
    byte[] four = new byte[Integer.BYTES];
    fill(four, four.length);
    int value = 0;
    for (byte b : four) {
      value = value << 8 | b & 0xff;
    }
    return value;
  }

  /** The next bytes as uint8 of this shape; the size is checked before memory is taken. */
  Tensor bytes(long... shape) throws IOException {
    long count = check(shape);
    try (Scope scope = Scope.open()) {
      Tensor t = Tensors.empty(Tensors.options(ScalarType.Byte), shape);
      BytePointer memory = new BytePointer(t.data_ptr());
      byte[] window = new byte[(int) Math.min(WINDOW, Math.max(1, count))];
      for (long at = 0; at < count; at += window.length) {
        int length = (int) Math.min(window.length, count - at);
        fill(window, length);
        memory.position(at).put(window, 0, length);
      }
      return scope.keep(t);
    }
  }

  /** How many bytes such a shape takes; fails if the file cannot hold as many. */
  long check(long... shape) throws IOException {
    long count = count(shape);
    if (count > most) {
      throw corrupt("its header speaks of %d bytes, more than it can hold".formatted(count));
    }
    return count;
  }

  private long count(long[] shape) throws IOException {
    try {
      return Tensors.numel(shape);
    } catch (ArithmeticException e) {
      throw new CorruptFileException(file, "its header speaks of more bytes than there can be", e);
    }
  }

  private void fill(byte[] buffer, int length) throws IOException {
    try {
      if (in.readNBytes(buffer, 0, length) < length) {
        throw corrupt("it is cut short");
      }
    } catch (ZipException | EOFException e) {
      throw damaged(file, e);
    }
  }

  /** Fails unless all bytes have been read. */
  void end() throws IOException {
    try {
      if (in.read() >= 0) {
        throw corrupt("it goes on after what its header speaks of");
      }
    } catch (ZipException | EOFException e) {
      throw damaged(file, e);
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
