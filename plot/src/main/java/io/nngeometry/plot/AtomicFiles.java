package io.nngeometry.plot;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** Writes files so that a reader sees the old content or the new one, never a part. */
final class AtomicFiles {
  private AtomicFiles() {}

  static void write(Path file, byte[] content) throws IOException {
    Path target = file.toAbsolutePath().normalize();
    Path directory = target.getParent();
    if (directory == null || Files.isDirectory(target)) {
      throw new IOException("cannot write " + file + ": it is a directory");
    }
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new IOException(
          "cannot write " + file + ": " + directory + " is not a directory and cannot be made", e);
    }
    // Not Files.createTempFile: that makes the file readable by its owner only, and renaming keeps
    // it so.
    Path beside = directory.resolve("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
    try {
      Files.write(beside, content, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      rename(beside, target);
    } catch (IOException e) {
      IOException failure = new IOException("cannot write " + file + ": " + e, e);
      try {
        Files.deleteIfExists(beside);
      } catch (IOException second) {
        failure.addSuppressed(second);
      }
      throw failure;
    }
  }

  private static void rename(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
