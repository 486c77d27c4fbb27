package io.nngeometry.cli.console;

/** What the process's streams are connected to. */
final class Terminal {
  private Terminal() {}

  /**
   * Whether someone sees standard error as it is written. Java knows only of standard input and
   * output together, so the launcher says what it sees.
   */
  static boolean isStandardError() {
    String launcher = System.getProperty("nngeometry.terminal");
    return launcher == null ? System.console() != null : Boolean.parseBoolean(launcher);
  }
}
