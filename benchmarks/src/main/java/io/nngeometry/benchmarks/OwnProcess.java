package io.nngeometry.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Runs a command that prints rows; that it dies, or does not end, is an answer like any other. */
final class OwnProcess {
  /** A status above this is this and the signal that killed the process. */
  private static final int SIGNALS = 128;

  private OwnProcess() {}

  /**
   * How a process ended.
   *
   * @param lines what it printed
   * @param words how it ended
   */
  record Ending(List<String> lines, String words) {
    /** The last row among the lines; a process killed while it writes leaves half of one. */
    Optional<Row> row() {
      return lines.stream()
          .filter(line -> line.startsWith("{") && line.endsWith("}"))
          .reduce((first, second) -> second)
          .map(Row::parse);
    }
  }

  /**
   * Waits for a command.
   *
   * @param variables changes those of this process to those of the command
   * @param log where its errors are appended
   * @param limit seconds after which it is killed
   */
  static Ending run(
      List<String> command, Consumer<Map<String, String>> variables, Path log, double limit)
      throws IOException, InterruptedException {
    Path printed = Files.createTempFile("nngeometry", ".rows");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectOutput(printed.toFile())
              .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
      variables.accept(builder.environment());
      Process process;
      try {
        process = builder.start();
      } catch (IOException e) {
        return new Ending(List.of(), "its process did not start: " + e.getMessage());
      }
      boolean inTime;
      try {
        inTime = process.waitFor((long) (limit * 1e3), TimeUnit.MILLISECONDS);
      } finally {
        process.destroyForcibly();
      }
      String words =
          inTime
              ? words(process.exitValue(), log)
              : String.format(Locale.ROOT, "not done after %.0f s, its process was killed", limit);
      return new Ending(Files.readAllLines(printed), words);
    } finally {
      Files.delete(printed);
    }
  }

  private static String words(int status, Path log) {
    String how =
        status > SIGNALS
            ? "its process was killed by signal " + (status - SIGNALS)
            : "its process ended with status %d and no result".formatted(status);
    return how + "; see " + log.getFileName();
  }
}
