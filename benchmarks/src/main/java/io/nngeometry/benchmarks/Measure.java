package io.nngeometry.benchmarks;

import io.nngeometry.engine.Engine;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures operations of this library in this process, a row each. */
@Command(
    name = "measure",
    description = "Measures in this process; benchmarks/run starts one for each operation.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class Measure implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--workload", paramLabel = "NAME", required = true)
  private @Nullable String workload;

  @Option(names = "--ops", paramLabel = "NAMES", split = ",")
  private List<String> ops = List.of(Operations.EVERYTHING);

  @Option(names = "--threads", paramLabel = "T")
  private int threads = 1;

  @Mixin private Measuring measuring;

  @Option(
      names = "--list",
      description =
          "Print the operations and the number of examples of each: the most, halved, that fit.")
  private boolean list;

  private Measure() {}

  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  /** The command. */
  static CommandLine commandLine() {
    return new CommandLine(new Measure()).setCaseInsensitiveEnumValuesAllowed(true);
  }

  @Override
  public Integer call() {
    Workload chosen = Workload.of(spec, workload);
    List<Operation> operations = Operations.of(spec, ops);
    measuring.check(spec, List.of(threads));
    Engine.setThreads(threads);
    Setting setting = measuring.setting(chosen);
    if (list) {
      for (Operation operation : operations) {
        operation.examples(setting).ifPresent(n -> println("%s %d".formatted(operation.name(), n)));
      }
      return 0;
    }
    int failures = 0;
    for (Operation operation : operations) {
      Row row = measuring.stopwatch().measure(operation, setting, threads);
      println(row.toJson());
      failures += row.failed() == null ? 0 : 1;
    }
    return failures == 0 ? 0 : 1;
  }

  private void println(String line) {
    spec.commandLine().getOut().println(line);
    spec.commandLine().getOut().flush();
  }
}
