package io.nngeometry.cli.console;

import java.io.PrintWriter;

/** Tells a person how far a long job is. */
public interface Progress {
  /** Begins a task of {@code steps} steps. */
  Task start(String name, long steps);

  /** Says one thing. */
  void say(String line);

  /** A task under way; closing it ends its display. */
  interface Task extends AutoCloseable {
    /** So many steps are done. */
    void at(long done);

    /** As {@link #at(long)}, with what is worth knowing at this step. */
    void at(long done, String note);

    @Override
    void close();
  }

  /** Bars that move where {@code err} is a terminal or {@code wanted}; else plain lines. */
  static Progress on(PrintWriter err, boolean wanted) {
    return wanted || Terminal.isStandardError() ? new Bars(err) : new Lines(err);
  }
}
