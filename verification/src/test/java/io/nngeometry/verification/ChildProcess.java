package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Runs a program whose native memory is watched: in a process of its own, where the Java heap is
 * resident from the start and can add nothing.
 */
final class ChildProcess {
  private static final List<String> OPTIONS =
      List.of(
          "-Xms64m",
          "-Xmx64m",
          "-XX:+AlwaysPreTouch",
          "-XX:+UseSerialGC",
          // the second compiler works in native memory, tens of megabytes at times
          "-XX:TieredStopAtLevel=1",
          "-Dnngeometry.threads=1");

  private ChildProcess() {}

  /** What {@code program} prints; fails if it does, or takes longer than ten minutes. */
  static List<String> lines(
      Class<?> program, Path folder, Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(OPTIONS);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
    command.addAll(List.of(arguments));
    Path log = folder.resolve("child.log");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    boolean ended = process.waitFor(10, TimeUnit.MINUTES);
    if (!ended) {
      process.destroyForcibly().waitFor();
    }
    List<String> lines = Files.readAllLines(log);
    assertThat(ended).as("%s hangs: %s", program.getSimpleName(), lines).isTrue();
    assertThat(process.exitValue()).as("%s failed: %s", program.getSimpleName(), lines).isZero();
    return lines;
  }
}
