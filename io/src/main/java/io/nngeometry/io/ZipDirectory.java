package io.nngeometry.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the entries of a zip file lie, all of them uncompressed, as PyTorch writes them. What is
 * stored cannot be a bomb: entries lie one behind the other, so they hold no more than the file.
 *
 * <p>Source: PKWARE's APPNOTE 6.3, with the 64-bit extensions.
 */
record ZipDirectory(Map<String, Entry> entries) {
  private static final int END = 0x06054b50;
  private static final int END_BYTES = 22;
  private static final int END_64 = 0x06064b50;
  private static final int END_64_BYTES = 56;
  private static final int LOCATOR_64 = 0x07064b50;
  private static final int LOCATOR_64_BYTES = 20;
  private static final int CENTRAL = 0x02014b50;
  private static final int CENTRAL_BYTES = 46;
  private static final int LOCAL = 0x04034b50;
  private static final int LOCAL_BYTES = 30;
  private static final int MAX_COMMENT = 0xFFFF;
  private static final long ABSENT_32 = 0xFFFFFFFFL;
  private static final int EXTRA_64 = 1;
  private static final int ENCRYPTED = 1;

  /** No model comes near: a million entries with names of fifty bytes. */
  private static final int MAX_DIRECTORY = 100 << 20;

  /** An uncompressed entry: the bytes from {@code start} on, whose CRC-32 is {@code crc}. */
  record Entry(long start, long length, int crc) {
    long end() {
      return start + length;
    }
  }

  /** Reads the directory of a zip file and checks it against the file's size. */
  static ZipDirectory read(FileChannel in, Place place) throws IOException {
    return new Reader(in, place).read();
  }

  private record Reader(FileChannel in, Place place) {
    /** What the end of the file says about the directory. */
    private record Extent(long count, long bytes, long start) {}

    ZipDirectory read() throws IOException {
      Extent extent = extent();
      if (extent.bytes < 0 || extent.bytes > MAX_DIRECTORY || extent.start < 0) {
        throw place.corrupt("its zip directory would have %d bytes".formatted(extent.bytes));
      }
      ByteBuffer directory = bytes(extent.start, (int) extent.bytes);
      Map<String, Entry> entries = new LinkedHashMap<>();
      while (directory.hasRemaining()) {
        entry(directory, entries, extent.start);
      }
      if (entries.size() != extent.count) {
        throw place.corrupt(
            "its zip directory has %d entries, not %d".formatted(entries.size(), extent.count));
      }
      checkDisjoint(entries);
      return new ZipDirectory(entries);
    }

    private Extent extent() throws IOException {
      long size = in.size();
      int tail = (int) Math.min(size, END_BYTES + MAX_COMMENT);
      ByteBuffer end = bytes(size - tail, tail);
      for (int at = tail - END_BYTES; at >= 0; at--) {
        if (end.getInt(at) == END && u16(end, at + 20) == tail - at - END_BYTES) {
          return extent(end, at, size - tail + at);
        }
      }
      throw place.corrupt("it is not a zip file, or it is cut short");
    }

    private Extent extent(ByteBuffer end, int at, long position) throws IOException {
      long count = u16(end, at + 10);
      long bytes = u32(end, at + 12);
      long start = u32(end, at + 16);
      if (count != MAX_COMMENT && bytes != ABSENT_32 && start != ABSENT_32) {
        return new Extent(count, bytes, start);
      }
      ByteBuffer locator = bytes(position - LOCATOR_64_BYTES, LOCATOR_64_BYTES);
      if (locator.getInt(0) != LOCATOR_64) {
        throw place.corrupt("its zip directory cannot be found");
      }
      ByteBuffer end64 = bytes(locator.getLong(8), END_64_BYTES);
      if (end64.getInt(0) != END_64) {
        throw place.corrupt("its zip directory cannot be found");
      }
      return new Extent(end64.getLong(32), end64.getLong(40), end64.getLong(48));
    }

    private void entry(ByteBuffer d, Map<String, Entry> entries, long directoryStart)
        throws IOException {
      int at = d.position();
      if (d.remaining() < CENTRAL_BYTES || d.getInt(at) != CENTRAL) {
        throw place.corrupt("its zip directory is damaged");
      }
      int nameBytes = u16(d, at + 28);
      int extraBytes = u16(d, at + 30);
      int commentBytes = u16(d, at + 32);
      if (d.remaining() < CENTRAL_BYTES + nameBytes + extraBytes + commentBytes) {
        throw place.corrupt("its zip directory is damaged");
      }
      byte[] nameText = new byte[nameBytes];
      d.get(at + CENTRAL_BYTES, nameText);
      String name = new String(nameText, StandardCharsets.UTF_8);
      Place where = place.entry(name);
      checkName(name, where);
      if ((u16(d, at + 8) & ENCRYPTED) != 0) {
        throw where.corrupt("it is encrypted");
      }
      if (u16(d, at + 10) != 0) {
        throw where.corrupt(
            name.contains("/code/")
                ? "it is a part of a TorchScript program, which is not read: write the network with"
                    + " torch.export.save, or its state_dict with torch.save"
                : "it is compressed, which PyTorch's files never are");
      }
      long[] wide = {u32(d, at + 24), u32(d, at + 20), u32(d, at + 42)};
      widen(d, at + CENTRAL_BYTES + nameBytes, extraBytes, wide, where);
      if (wide[0] != wide[1]) {
        throw where.corrupt("it would have %d bytes, and %d stored".formatted(wide[0], wide[1]));
      }
      long start = dataStart(wide[2], where);
      if (wide[0] < 0 || wide[0] > directoryStart - start) {
        throw where.corrupt("it would end beyond the file");
      }
      if (entries.put(name, new Entry(start, wide[0], d.getInt(at + 16))) != null) {
        throw where.corrupt("it is there twice");
      }
      d.position(at + CENTRAL_BYTES + nameBytes + extraBytes + commentBytes);
    }

    /** Nothing is ever written under these names; but a name that climbs is no honest one. */
    private static void checkName(String name, Place where) throws CorruptFileException {
      if (name.startsWith("/")
          || name.indexOf('\\') >= 0
          || name.indexOf('\0') >= 0
          || Arrays.asList(name.split("/", -1)).contains("..")) {
        throw where.corrupt("its name leads out of the archive");
      }
    }

    /** Replaces what did not fit into 32 bits: size, stored size, position, in this order. */
    private static void widen(ByteBuffer d, int from, int length, long[] wide, Place where)
        throws CorruptFileException {
      int at = from;
      while (at + 4 <= from + length) {
        int bytes = u16(d, at + 2);
        if (at + 4 + bytes > from + length) {
          throw where.corrupt("its zip header is damaged");
        }
        if (u16(d, at) == EXTRA_64) {
          int field = at + 4;
          for (int k = 0; k < wide.length; k++) {
            if (wide[k] == ABSENT_32) {
              if (field + Long.BYTES > at + 4 + bytes) {
                throw where.corrupt("its zip header is damaged");
              }
              wide[k] = d.getLong(field);
              field += Long.BYTES;
            }
          }
          return;
        }
        at += 4 + bytes;
      }
    }

    private long dataStart(long header, Place where) throws IOException {
      if (header < 0 || header > in.size() - LOCAL_BYTES) {
        throw where.corrupt("it would start beyond the file");
      }
      ByteBuffer local = bytes(header, LOCAL_BYTES);
      if (local.getInt(0) != LOCAL) {
        throw where.corrupt("its zip header is damaged");
      }
      return header + LOCAL_BYTES + u16(local, 26) + u16(local, 28);
    }

    private void checkDisjoint(Map<String, Entry> entries) throws CorruptFileException {
      List<Map.Entry<String, Entry>> byStart = new ArrayList<>(entries.entrySet());
      byStart.sort(
          Comparator.comparingLong((Map.Entry<String, Entry> e) -> e.getValue().start())
              .thenComparingLong(e -> e.getValue().end()));
      long end = 0;
      for (Map.Entry<String, Entry> e : byStart) {
        if (e.getValue().start() < end) {
          throw place.entry(e.getKey()).corrupt("it overlaps another entry");
        }
        end = e.getValue().end();
      }
    }

    private ByteBuffer bytes(long position, int length) throws IOException {
      if (position < 0 || length > in.size() - position) {
        throw place.corrupt("it is not a zip file, or it is cut short");
      }
      return Sources.bytes(in, position, length, place);
    }

    private static int u16(ByteBuffer b, int at) {
      return Short.toUnsignedInt(b.order(ByteOrder.LITTLE_ENDIAN).getShort(at));
    }

    private static long u32(ByteBuffer b, int at) {
      return Integer.toUnsignedLong(b.order(ByteOrder.LITTLE_ENDIAN).getInt(at));
    }
  }
}
