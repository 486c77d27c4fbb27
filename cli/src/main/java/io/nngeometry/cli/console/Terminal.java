package io.nngeometry.cli.console;

import com.sun.jna.Function;
import com.sun.jna.Platform;

/** What the process's streams are connected to. */
final class Terminal {
  private static final int STANDARD_ERROR = 2;

  private Terminal() {}

  /** Whether someone sees standard error as it is written. */
  static boolean isStandardError() {
    if (Platform.isWindows()) {
      return System.console() != null;
    }
    try {
      // System.console() would be null whenever standard output alone goes to a file
      return Function.getFunction("c", "isatty").invokeInt(new Object[] {STANDARD_ERROR}) == 1;
    } catch (LinkageError e) {
      return System.console() != null;
    }
  }
}
