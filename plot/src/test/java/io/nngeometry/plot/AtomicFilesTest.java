package io.nngeometry.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {
  @TempDir Path directory;

  @Test
  void replacesAFileAndLeavesNothingElse() throws IOException {
    Path file = directory.resolve("figure.svg");
    Files.writeString(file, "old and longer");

    AtomicFiles.write(file, bytes("new"));

    assertThat(file).hasContent("new");
    assertThat(list()).containsExactly(file);
  }

  @Test
  void aReaderOfTheOldFileKeepsIt() throws IOException {
    Path file = directory.resolve("figure.svg");
    Files.writeString(file, "old");
    try (var reader = Files.newInputStream(file)) {
      AtomicFiles.write(file, bytes("new"));

      assertThat(new String(reader.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("old");
    }
  }

  @Test
  void makesMissingDirectories() throws IOException {
    Path file = directory.resolve("a/b/figure.svg");

    AtomicFiles.write(file, bytes("new"));

    assertThat(file).hasContent("new");
  }

  @Test
  void saysWhenTheParentIsAFile() throws IOException {
    Path parent = directory.resolve("parent");
    Files.writeString(parent, "a file");
    Path file = parent.resolve("figure.svg");

    assertThatThrownBy(() -> Samples.lines().writeSvg(file))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "cannot write " + file + ": " + parent + " is not a directory and cannot be made");
    assertThat(parent).hasContent("a file");
  }

  @Test
  void saysWhenTheTargetIsADirectory() throws IOException {
    Path target = Files.createDirectory(directory.resolve("figure.png"));

    assertThatThrownBy(() -> Samples.lines().writePng(target))
        .isInstanceOf(IOException.class)
        .hasMessage("cannot write " + target + ": it is a directory");
    assertThat(list()).containsExactly(target);
  }

  @Test
  void saysWhenTheNameIsImpossibleAndLeavesNothing() throws IOException {
    Path file = directory.resolve("x".repeat(300));

    assertThatThrownBy(() -> AtomicFiles.write(file, bytes("new")))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("cannot write " + file + ": ");
    assertThat(list()).isEmpty();
  }

  private List<Path> list() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
