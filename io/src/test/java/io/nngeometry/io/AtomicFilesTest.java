package io.nngeometry.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {
  @TempDir Path directory;

  private static IOConsumer<java.io.OutputStream> text(String text) {
    return out -> out.write(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void writesAndReplaces() throws IOException {
    Path file = directory.resolve("a");
    AtomicFiles.writeStream(file, text("a long first version"));
    AtomicFiles.writeStream(file, text("second"));
    assertThat(file).hasContent("second");
    assertThat(directory).isDirectoryContaining(p -> p.equals(file));
    assertThat(directory.toFile().list()).containsExactly("a");
  }

  @Test
  void contentMayCloseTheStream() throws IOException {
    Path file = directory.resolve("a.gz");
    AtomicFiles.writeStream(
        file,
        out -> {
          try (GZIPOutputStream gz = new GZIPOutputStream(out)) {
            gz.write(1);
          }
        });
    assertThat(file).isNotEmptyFile();
  }

  @Test
  void aFailureLeavesTheFormerFileAlone() throws IOException {
    Path file = directory.resolve("a");
    AtomicFiles.writeStream(file, text("first"));
    assertThatThrownBy(
            () ->
                AtomicFiles.write(
                    file,
                    channel -> {
                      channel.write(ByteBuffer.allocate(10));
                      throw new IOException("No space left on device");
                    }))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("No space left on device");
    assertThatThrownBy(
            () ->
                AtomicFiles.write(
                    file,
                    channel -> {
                      throw new IllegalStateException("bug");
                    }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(file).hasContent("first");
    assertThat(directory.toFile().list()).containsExactly("a");
  }

  @Test
  void refusesWhatCannotBeAFile() {
    assertThatThrownBy(() -> AtomicFiles.writeStream(directory, text("x")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("not a regular file");
    Path orphan = directory.resolve("missing").resolve("a");
    assertThatThrownBy(() -> AtomicFiles.writeStream(orphan, text("x")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(orphan.toString())
        .hasMessageContaining("directory does not exist");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void followsLinksAndKeepsPermissions() throws IOException {
    Path file = directory.resolve("a");
    AtomicFiles.writeStream(file, text("first"));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), file);
    AtomicFiles.writeStream(link, text("second"));
    assertThat(link).isSymbolicLink();
    assertThat(file).hasContent("second");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }
}
