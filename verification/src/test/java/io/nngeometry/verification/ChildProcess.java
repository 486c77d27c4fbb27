package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

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
    Path log = folder.resolve("child.log");
    Process process = started(program, folder, log, environment, arguments);
    boolean ended = process.waitFor(10, TimeUnit.MINUTES);
    if (!ended) {
      process.destroyForcibly().waitFor();
    }
    List<String> lines = Files.readAllLines(log);
    assertThat(ended).as("%s hangs: %s", program.getSimpleName(), lines).isTrue();
    assertThat(process.exitValue()).as("%s failed: %s", program.getSimpleName(), lines).isZero();
    return lines;
  }

  /** Kills {@code program}, as kill -9 does, once {@code reached}; fails if it ends before that. */
  static void killed(Class<?> program, Path folder, BooleanSupplier reached, String... arguments)
      throws IOException, InterruptedException {
    Path log = folder.resolve("child.log");
    Process process = started(program, folder, log, Map.of(), arguments);
    while (process.isAlive() && !reached.getAsBoolean()) {
      Thread.sleep(5);
    }
    boolean alive = process.isAlive();
    process.destroyForcibly().waitFor();
    assertThat(alive).as("%s ended: %s", program.getSimpleName(), Files.readAllLines(log)).isTrue();
  }

  private static Process started(
      Class<?> program, Path folder, Path log, Map<String, String> environment, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(OPTIONS);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().putAll(environment);
    return builder.start();
  }
}
