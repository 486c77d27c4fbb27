package io.nngeometry.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.stream.Collectors;

/** When, of what and where a table was measured. */
final class Heading {
  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

  private Heading() {}

  /** One line, for a section of the history. */
  static String of(Path home, List<Environment> environments)
      throws IOException, InterruptedException {
    return "%s, commit %s, %s, %d cores, %s"
        .formatted(
            LocalDate.now(),
            commit(home),
            processor(),
            Runtime.getRuntime().availableProcessors(),
            environments.stream().map(Environment::words).collect(Collectors.joining(" and ")));
  }

  private static String commit(Path home) throws InterruptedException {
    try {
      Process git =
          new ProcessBuilder("git", "-C", home.toString(), "describe", "--always", "--dirty")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String printed = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return git.waitFor() == 0 ? printed.strip() : "unknown";
    } catch (IOException e) {
      return "unknown";
    }
  }

  private static String processor() throws IOException {
    if (!Files.isReadable(PROCESSORS)) {
      return System.getProperty("os.arch");
    }
    return Files.readAllLines(PROCESSORS).stream()
        .filter(line -> line.startsWith("model name"))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse(System.getProperty("os.arch"));
  }
}
