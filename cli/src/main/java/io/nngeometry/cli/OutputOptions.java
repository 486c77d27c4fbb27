package io.nngeometry.cli;

import io.nngeometry.cli.console.Progress;
import io.nngeometry.engine.Engine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How a command speaks, and how many threads it uses. */
final class OutputOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(names = "--json", description = "Print results as JSON on standard output.")
  private boolean json;

  @Option(
      names = "--progress",
      description = "Draw progress bars even if standard error is no terminal.")
  private boolean progress;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Threads of one operation, and layers worked on at a time. Default: ${DEFAULT-VALUE},"
              + " which suits small networks; 2 or more are worth it for large ones.")
  private int threads;

  /** Whether a program reads the output. */
  boolean json() {
    return json;
  }

  /** Starts the engine as asked. */
  void startEngine() {
    new Check(spec.commandLine()).atLeast("--threads", threads, 1);
    Engine.setThreads(threads);
  }

  /** Where to tell how far the job is. */
  Progress progress() {
    return Progress.on(spec.commandLine().getErr(), progress);
  }

  /** Prints a result. */
  void print(String text) {
    spec.commandLine().getOut().println(text);
    spec.commandLine().getOut().flush();
  }
}
