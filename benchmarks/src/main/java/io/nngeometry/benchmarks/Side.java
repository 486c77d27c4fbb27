package io.nngeometry.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * One of the two engines that are measured in turn.
 *
 * @param name what its rows carry as peer
 * @param variables added to those of the environment
 * @param command how its process is started, which prints a row
 */
record Side(String name, Map<String, String> variables, Function<Task, List<String>> command) {

  /** Variables that tell where the Python reference is. */
  static final String PYTHON = "NNGEOMETRY_PEER_PYTHON";

  static final String PATH = "NNGEOMETRY_PEER_PATH";
  static final String SCRIPT = "NNGEOMETRY_PEER_SCRIPT";

  private static final String REFERENCE = "nngeometry";

  /** This library. */
  static Side ours(Measuring measuring) {
    return new Side(
        Row.OURS,
        Map.of(),
        task ->
            measure(
                Stream.concat(
                    Stream.of(
                        "--workload=" + task.workload().name(),
                        "--ops=" + task.op(),
                        "--n=" + task.n(),
                        "--threads=" + task.threads()),
                    measuring.forOurs().stream())));
  }

  /** The reference, where the variables say where it is. */
  static Optional<Side> reference(Map<String, String> variables, Measuring measuring) {
    if (!variables.keySet().containsAll(List.of(PYTHON, PATH, SCRIPT))) {
      return Optional.empty();
    }
    List<String> program = List.of(variables.get(PYTHON), variables.get(SCRIPT));
    return Optional.of(
        new Side(
            REFERENCE,
            Map.of("PYTHONPATH", variables.get(PATH)),
            task ->
                Stream.of(
                        program.stream(),
                        Stream.of(
                            "--workload=" + task.workload().name(),
                            "--ops=" + task.op(),
                            "--n=" + task.n(),
                            "--threads=" + task.threads()),
                        measuring.forReference().stream())
                    .flatMap(Function.identity())
                    .toList()));
  }

  /** The command of this JVM that measures. */
  static List<String> measure(Stream<String> options) {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Measure.class.getName()));
    options.forEach(command::add);
    return command;
  }

  /**
   * The row of a task; one that tells of the failure where the process prints none. Empty if this
   * side has no such operation.
   *
   * @param log where the process's errors go
   * @param limit seconds after which the process is killed
   */
  Optional<Row> measure(Task task, Clock clock, Path log, double limit)
      throws IOException, InterruptedException {
    OwnProcess.Ending ending =
        OwnProcess.run(
            command.apply(task),
            process -> {
              task.environment().applyTo(process);
              process.putAll(variables);
            },
            log,
            limit);
    Row row =
        ending
            .row()
            .map(r -> r.in(task.environment()))
            .orElseGet(() -> task.failed(name, clock, ending.words()));
    // how a script looks up a name that it does not have
    boolean unknown = row.failed() != null && row.failed().startsWith("KeyError");
    return unknown ? Optional.empty() : Optional.of(row);
  }
}
