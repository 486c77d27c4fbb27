package io.nngeometry.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Opens files and reads their small parts. */
final class Sources {
  private Sources() {}

  /** Opens a regular file: others may block, or have no size to check a header against. */
  static FileChannel open(Path file) throws IOException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new IOException(file + ": it is not a regular file");
    }
    return FileChannel.open(file, StandardOpenOption.READ);
  }

  /** The {@code length} bytes from {@code position} on, little-endian. */
  static ByteBuffer bytes(FileChannel in, long position, int length, Place place)
      throws IOException {
    return bytes(Bytes.of(in), position, length, place);
  }

  /** The {@code length} bytes from {@code position} on, little-endian. */
  static ByteBuffer bytes(Bytes in, long position, int length, Place place) throws IOException {
    if (length > in.size() - position) {
      throw place.corrupt("it ends within its header");
    }
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (in.read(buffer, position + buffer.position()) < 0) {
        throw place.corrupt("it ends within its header");
      }
    }
    return buffer.flip();
  }

  /** Writes all of {@code bytes} at the channel's position. */
  static void write(FileChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }
}
