package io.nngeometry.benchmarks;

import io.nngeometry.engine.Engine;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures operations on fixed workloads; one row each. */
@Command(
    name = "benchmarks/run",
    description = "Measures operations in seconds and in multiples of one forward and backward.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class Main implements Callable<Integer> {

  enum Format {
    JSON,
    MARKDOWN
  }

  /** Completes the names of workloads. */
  static final class Workloads implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Workload.byName().keySet().iterator();
    }
  }

  @Spec private CommandSpec spec;

  @Option(
      names = "--workload",
      paramLabel = "NAME",
      description = "${COMPLETION-CANDIDATES}",
      completionCandidates = Workloads.class)
  private @Nullable String workload;

  @Option(
      names = "--ops",
      paramLabel = "NAMES",
      description = "Operations, separated by commas; by default all that fit in memory.")
  private String ops = "all";

  @Option(names = "--n", paramLabel = "N", description = "Examples; by default the workload's.")
  private long n;

  @Option(
      names = "--classes",
      paramLabel = "C",
      description = "Outputs; by default the workload's. The reference's script knows no others.")
  private long classes;

  @Option(names = "--reps", paramLabel = "R", description = "Repetitions (default: 3).")
  private int reps = 3;

  @Option(
      names = "--warm-up",
      paramLabel = "SECONDS",
      description = "For how long to repeat unmeasured first, at least once (default: 2).")
  private double warmUp = 2;

  @Option(
      names = "--threads",
      paramLabel = "T",
      description = "Threads of one tensor operation (default: 2).")
  private int threads = 2;

  @Option(
      names = "--max-s",
      paramLabel = "SECONDS",
      description = "No further repetitions past this (default: 600).")
  private double maxSeconds = 600;

  @Option(
      names = "--clock",
      paramLabel = "CLOCK",
      description =
          "wall (default), or cpu: the measuring thread's time on a processor, for machines that"
              + " are not quiet; needs --threads 1.")
  private Clock clock = Clock.WALL;

  @Option(
      names = "--like-reference",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "Leave batch normalisations out of the matrices, as the Python reference does"
              + " (default); --no-like-reference covers them.")
  private boolean likeReference;

  @Option(names = "--format", description = "json (default) or markdown.")
  private Format format = Format.JSON;

  @Option(
      names = "--each-in-own-process",
      description = "A process for each operation, so that its peak memory is its own.")
  private boolean eachInOwnProcess;

  @Option(names = "--list", description = "Print the operations that would be measured.")
  private boolean list;

  @Option(
      names = "--table",
      paramLabel = "FILE",
      description = "Measure nothing; lay out the rows of a file of JSON lines as Markdown.")
  private @Nullable Path table;

  @Option(
      names = "--failed",
      paramLabel = "WHY",
      hidden = true,
      description = "Measure nothing; print rows that say so, for a process that printed none.")
  private @Nullable String failed;

  @Option(
      names = "--peer",
      paramLabel = "NAME",
      hidden = true,
      description = "Whose rows --failed prints.")
  private String peer = Row.OURS;

  private Main() {}

  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  /** The command. */
  static CommandLine commandLine() {
    return new CommandLine(new Main()).setCaseInsensitiveEnumValuesAllowed(true);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (table != null) {
      print(Table.markdown(Files.readAllLines(table).stream().map(Row::parse).toList()));
      return 0;
    }
    Workload chosen = workload();
    if (clock == Clock.CPU && threads != 1) {
      throw new ParameterException(
          spec.commandLine(), "--clock cpu counts one thread; add --threads 1");
    }
    Engine.setThreads(threads);
    Setting setting = Setting.of(chosen, n > 0 ? n : chosen.examples(), !likeReference);
    List<Operation> operations = operations(setting);
    if (list) {
      operations.forEach(operation -> print(operation.name() + "\n"));
      return 0;
    }
    Stopwatch stopwatch = new Stopwatch(warmUp, reps, maxSeconds, clock);
    List<Row> rows = new ArrayList<>();
    for (Operation operation : operations) {
      Row row;
      if (failed != null) {
        row = stopwatch.failure(peer, operation, setting, threads, failed);
      } else if (eachInOwnProcess) {
        row =
            inOwnProcess(
                operation, why -> stopwatch.failure(Row.OURS, operation, setting, threads, why));
      } else {
        row = stopwatch.measure(operation, setting, threads);
      }
      rows.add(row);
      if (format == Format.JSON) {
        print(row.toJson() + "\n");
      }
    }
    if (format == Format.MARKDOWN) {
      print(Table.markdown(rows));
    }
    return rows.stream().anyMatch(row -> row.failed() != null) ? 1 : 0;
  }

  private Workload workload() {
    Workload chosen = Workload.of(spec, workload);
    return classes > 0 ? chosen.withClasses(classes) : chosen;
  }

  private List<Operation> operations(Setting setting) {
    Map<String, Operation> all = Operations.byName();
    if (ops.equals("all")) {
      return all.values().stream().filter(o -> o.worthwhile().test(setting)).toList();
    }
    List<Operation> chosen = new ArrayList<>();
    for (String name : ops.split(",", -1)) {
      Operation operation = all.get(name);
      if (operation == null) {
        throw new ParameterException(
            spec.commandLine(),
            "no operation '%s'; there are %s".formatted(name, String.join(", ", all.keySet())));
      }
      chosen.add(operation);
    }
    return chosen;
  }

  /** Measures one operation by running this program again; should it die, that is its row. */
  private Row inOwnProcess(Operation operation, Function<String, Row> failure)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of("--workload", workload().name(), "--ops", operation.name()));
    command.addAll(List.of("--n", Long.toString(n), "--reps", Integer.toString(reps)));
    command.addAll(List.of("--classes", Long.toString(classes)));
    command.addAll(List.of("--warm-up", Double.toString(warmUp)));
    command.addAll(List.of("--threads", Integer.toString(threads)));
    command.addAll(List.of("--max-s", Double.toString(maxSeconds)));
    command.addAll(List.of("--clock", clock.toString()));
    command.add(likeReference ? "--like-reference" : "--no-like-reference");
    return rowOf(command, failure);
  }

  /** What a command prints as its only line, or a failure that tells how it ended without one. */
  static Row rowOf(List<String> command, Function<String, Row> failure)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (BufferedReader lines = process.inputReader()) {
      String line = lines.readLine();
      int code = process.waitFor();
      // a process killed while it writes leaves half a line
      return line == null || !line.endsWith("}")
          ? failure.apply("its process ended with status %d and no result".formatted(code))
          : Row.parse(line);
    }
  }

  private void print(String text) {
    spec.commandLine().getOut().print(text);
    spec.commandLine().getOut().flush();
  }
}
