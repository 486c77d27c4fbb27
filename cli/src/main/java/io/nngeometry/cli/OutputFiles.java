package io.nngeometry.cli;

import io.nngeometry.io.AtomicFiles;
import io.nngeometry.plot.Figure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Where commands put what they make. */
final class OutputFiles {
  private OutputFiles() {}

  /** Makes {@code directory}, given by {@code option}, before anything is computed. */
  static Path directory(String option, Path directory) throws IOException {
    if (Files.exists(directory) && !Files.isDirectory(directory)) {
      throw new UserException(
          "%s %s: this is a file; name a directory".formatted(option, directory));
    }
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UserException(
          "%s %s: the directory cannot be made (%s); name another"
              .formatted(option, directory, e.getMessage()),
          e);
    }
    if (!Files.isWritable(directory)) {
      throw new UserException(
          "%s %s: no permission to write there; name another directory"
              .formatted(option, directory));
    }
    return directory;
  }

  /** Checks that {@code file}, given by {@code option}, can be written, and makes its directory. */
  static Path file(String option, Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new UserException("%s %s: this is a directory; name a file".formatted(option, file));
    }
    Path parent = file.toAbsolutePath().getParent();
    if (parent != null) {
      directory(option, parent);
    }
    return file;
  }

  /**
   * The file beside {@code file} whose name ends in {@code ending} where that ends in {@code
   * suffix}.
   */
  static Path sibling(Path file, String suffix, String ending) {
    String name = String.valueOf(file.getFileName());
    String stem = name.endsWith(suffix) ? name.substring(0, name.length() - suffix.length()) : name;
    return file.resolveSibling(stem + ending);
  }

  /** Writes text. */
  static void text(Path file, String text) throws IOException {
    AtomicFiles.writeStream(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** Writes a figure as {@code stem.png} and {@code stem.svg}, which are returned. */
  static List<Path> figure(Path stem, Figure figure) throws IOException {
    Path png = stem.resolveSibling(stem.getFileName() + ".png");
    Path svg = stem.resolveSibling(stem.getFileName() + ".svg");
    figure.writePng(png);
    figure.writeSvg(svg);
    return List.of(png, svg);
  }
}
