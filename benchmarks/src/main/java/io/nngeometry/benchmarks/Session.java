package io.nngeometry.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Measurements of operations by both sides in turn, each in a process of its own.
 *
 * @param measuring how
 * @param sides by whom
 * @param threads each of these numbers
 * @param environments each of these
 * @param rounds how often to go through all that for an operation
 * @param limit seconds after which a process is killed
 * @param folder where the errors of processes go
 */
record Session(
    Measuring measuring,
    List<Side> sides,
    List<Integer> threads,
    List<Environment> environments,
    int rounds,
    double limit,
    Path folder) {

  /** An operation and the number of examples it is measured on. */
  record Planned(Workload workload, String op, long n) {}

  /**
   * Operations by name, on as many examples as were asked for; all, on as many as fit, which only a
   * process that makes the network can tell.
   *
   * @throws IllegalStateException if that process did not tell
   */
  List<Planned> plan(Workload workload, List<String> ops) throws IOException, InterruptedException {
    if (!ops.equals(List.of(Operations.EVERYTHING))) {
      return ops.stream()
          .map(op -> new Planned(workload, op, measuring.examples(workload)))
          .toList();
    }
    OwnProcess.Ending ending =
        OwnProcess.run(
            Side.measure(
                Stream.of(
                    "--list",
                    "--workload=" + workload.name(),
                    "--n=" + measuring.examples(workload),
                    "--classes=" + workload.classes())),
            Environment.DEFAULT::applyTo,
            log(Row.OURS),
            limit);
    if (ending.lines().isEmpty()) {
      throw new IllegalStateException(
          "what fits of %s could not be found out: %s".formatted(workload.name(), ending.words()));
    }
    return ending.lines().stream()
        .map(line -> line.split(" ", -1))
        .map(words -> new Planned(workload, words[0], Long.parseLong(words[1])))
        .toList();
  }

  /** Measures one operation; a row each time, as soon as there is one. */
  void measure(Planned planned, Consumer<Row> rows) throws IOException, InterruptedException {
    List<Side> able = new ArrayList<>(sides);
    for (int round = 0; round < rounds; round++) {
      for (int count : threads) {
        for (Environment environment : environments) {
          Task task = new Task(planned.workload(), planned.op(), planned.n(), count, environment);
          for (Side side : List.copyOf(able)) {
            Optional<Row> row = side.measure(task, measuring.clock(), log(side.name()), limit);
            row.ifPresentOrElse(rows, () -> able.remove(side));
          }
        }
      }
    }
  }

  private Path log(String name) {
    return folder.resolve(name + ".log");
  }
}
