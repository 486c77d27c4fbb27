package io.nngeometry.cli;

import io.nngeometry.cli.console.Progress;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Notices Ctrl-C, and a request to terminate, while work is done, and holds the end of the process
 * back until the work is put away and the user is told how to go on.
 */
final class Interruption {
  /** What a shell gives for a command that Ctrl-C ended. */
  static final int EXIT_CODE = 130;

  private static final int PATIENCE_SECONDS = 30;

  private final CountDownLatch done = new CountDownLatch(1);
  private volatile boolean asked;

  private Interruption() {}

  /** What can be interrupted. */
  interface Work {
    /** Does it, or throws {@link CancellationException} once {@code interruption} is asked for. */
    void until(Interruption interruption) throws IOException;
  }

  /**
   * Does the work.
   *
   * @param goingOn what to tell a user who interrupted it
   * @return the command's exit code
   */
  static int during(Progress progress, Supplier<String> goingOn, Work work) throws IOException {
    Interruption interruption = new Interruption();
    Thread hook = new Thread(interruption::ask, "interruption");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      work.until(interruption);
      return 0;
    } catch (CancellationException e) {
      progress.say("interrupted: " + goingOn.get());
      return EXIT_CODE;
    } finally {
      interruption.done.countDown();
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // the process is ending, and the hook has run
      }
    }
  }

  /** Whether the process is to end. */
  boolean asked() {
    return asked;
  }

  /** Ends the work here if the process is to end. */
  void check() {
    if (asked) {
      throw new CancellationException();
    }
  }

  private void ask() {
    asked = true;
    try {
      done.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
