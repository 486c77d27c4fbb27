package io.nngeometry.cli;

import java.nio.file.Files;
import java.nio.file.Path;

/** Files that one command makes and another reads. */
final class InputFiles {
  private InputFiles() {}

  /**
   * Fails unless {@code file} can be read.
   *
   * @param as how it was named, such as {@code --weights net.safetensors}
   * @param maker the command that makes such files
   */
  static void readable(String as, Path file, String maker) {
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new UserException(
          "%s: %s; 'nngeometry %s --out %s' makes one"
              .formatted(
                  as,
                  Files.exists(file) ? "not a readable file" : "no such file",
                  maker,
                  file.getFileName()));
    }
  }
}
