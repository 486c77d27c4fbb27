package io.nngeometry.io;

import java.io.IOException;
import java.nio.file.Path;

/** A file that is not what its format demands: damaged, cut short or made to deceive. */
public final class CorruptFileException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Says which {@code file} is corrupt and what is wrong with it. */
  public CorruptFileException(Path file, String problem) {
    super(file + ": " + problem);
  }

  /** Says which {@code file} is corrupt and what is wrong with it, as {@code cause} found out. */
  public CorruptFileException(Path file, String problem, Throwable cause) {
    super(file + ": " + problem, cause);
  }
}
