package io.nngeometry.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Bytes of a known number, which readers ask for from the first to the last. */
interface Bytes {
  /** How many there are. */
  long size() throws IOException;

  /** Reads some bytes from {@code position} on; how many, or -1 at the end. */
  int read(ByteBuffer to, long position) throws IOException;

  /** All of a file. */
  static Bytes of(FileChannel file) {
    return new Bytes() {
      @Override
      public long size() throws IOException {
        return file.size();
      }

      @Override
      public int read(ByteBuffer to, long position) throws IOException {
        return file.read(to, position);
      }
    };
  }
}
