package io.nngeometry.cli.console;

import java.io.PrintWriter;
import java.util.Locale;

/** A line when a task ends: for logs, where bars would leave a mess. */
record Lines(PrintWriter err) implements Progress {
  private static final double NANOS = 1e9;

  @Override
  public void say(String line) {
    err.println(line);
    err.flush();
  }

  @Override
  public Task start(String name, long steps) {
    long started = System.nanoTime();
    return new Task() {
      private String last = "";

      @Override
      public void at(long done) {
        // only the end is told
      }

      @Override
      public void at(long done, String note) {
        last = ", " + note;
      }

      @Override
      public void close() {
        double seconds = (System.nanoTime() - started) / NANOS;
        say(String.format(Locale.ROOT, "%s: %.1f s%s", name, seconds, last));
      }
    };
  }
}
