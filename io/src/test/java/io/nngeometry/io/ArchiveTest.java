package io.nngeometry.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Zip files, honest ones and others. */
class ArchiveTest {
  @TempDir Path directory;
  private Path file;

  @BeforeEach
  void honestFile() throws IOException {
    file =
        StoredZip.write(
            directory.resolve("a.pt2"),
            Map.of("a/data/w", new byte[] {0, 0, (byte) 128, 63, 0, 0, 0, 64}));
  }

  @Test
  void entriesAreReadWithoutTheirFolder() throws IOException {
    try (Archive archive = Archive.open(file);
        Tensor t = archive.elements("data/w", ScalarType.Float)) {
      assertThat(archive.names()).containsExactly("data/w");
      assertThat(t.sum().item_double()).isEqualTo(3);
    }
  }

  private void refused(String message) {
    assertThatThrownBy(
            () -> {
              try (Archive archive = Archive.open(file)) {
                archive.bytes("data/w", 100);
              }
            })
        .isInstanceOf(CorruptFileException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a/../../etc/passwd", "/etc/passwd", "a/..", "a\\..\\b", "../a/data/w", "a/\0"})
  void namesThatLeadOut(String name) throws IOException {
    StoredZip.write(file, Map.of(name, new byte[1]));
    refused("leads out of the archive");
  }

  @Test
  void compressedEntriesAndSoBombs() throws IOException {
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.putNextEntry(new ZipEntry("a/data/w"));
      zip.write(new byte[10_000_000]);
    }
    assertThat(Files.size(file)).isLessThan(20_000);
    refused("it is compressed");
  }

  @Test
  void severalFolders() throws IOException {
    StoredZip.write(file, Map.of("a/data/w", new byte[1], "b/data/w", new byte[1]));
    refused("under no one folder");
  }

  @Test
  void bigEndianFiles() throws IOException {
    StoredZip.write(file, Map.of("a/byteorder", "big".getBytes(StandardCharsets.US_ASCII)));
    refused("byte order is 'big'");
  }

  @Test
  void damagedBytes() throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[30 + "a/data/w".length() + 3] ^= 1;
    Files.write(file, bytes);
    refused("its checksum is another");
  }

  /** Fields of the directory's only entry, by their place in it, in the order of the format. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          8  | 2 | 1          | it is encrypted
          10 | 2 | 8          | it is compressed
          20 | 4 | 9          | 8 bytes, and 9 stored
          24 | 4 | 4294967294 | 4294967294 bytes, and 8 stored
          28 | 2 | 65535      | directory is damaged
          30 | 2 | 65535      | directory is damaged
          42 | 4 | 4294967294 | start beyond the file
          42 | 4 | 1          | zip header is damaged
          16 | 4 | 7          | its checksum is another
          """)
  void absurdFields(int offset, int length, long value, String message) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int directoryStart = bytes.length - 22 - 46 - "a/data/w".length();
    ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (length == 2) {
      b.putShort(directoryStart + offset, (short) value);
    } else {
      b.putInt(directoryStart + offset, (int) value);
    }
    Files.write(file, bytes);
    refused(message);
  }

  @ParameterizedTest
  @CsvSource({"12, 4294967294", "16, 4294967294", "10, 7", "16, 0"})
  void absurdEnds(int offset, long value) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (offset == 10) {
      b.putShort(bytes.length - 22 + offset, (short) value);
    } else {
      b.putInt(bytes.length - 22 + offset, (int) value);
    }
    Files.write(file, bytes);
    refused("");
  }

  /**
   * Two entries of the directory for the same bytes: the trick of the bombs without compression.
   */
  @Test
  void overlappingEntries() throws IOException {
    StoredZip.write(file, Map.of("a/data/v", new byte[8], "a/data/w", new byte[8]));
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int second = bytes.length - 22 - 46 - "a/data/w".length();
    int first = second - 46 - "a/data/v".length();
    b.putInt(second + 42, b.getInt(first + 42));
    Files.write(file, bytes);
    refused("overlaps another entry");
  }

  @Test
  void everyTruncation() throws IOException {
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length++) {
      Files.write(file, java.util.Arrays.copyOf(whole, length));
      refused("cut short");
    }
  }

  @Test
  void mutations() throws IOException {
    Mutations.check(
        Files.readAllBytes(file),
        directory.resolve("mutated.pt2"),
        mutated -> {
          try (Archive archive = Archive.open(mutated)) {
            archive.bytes("data/w", 1000);
          }
        });
  }
}
