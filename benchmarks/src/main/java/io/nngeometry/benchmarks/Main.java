package io.nngeometry.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures operations here and in the Python reference in turn, each in a process of its own. */
@Command(
    name = "benchmarks/run",
    description = {
      "Measures operations on fixed workloads, and those of the Python reference beside them: in turn,"
          + " each in a process of its own, whose peak of memory is the operation's.",
      "A line of JSON for each measurement, then a table of all in Markdown; a process that dies is a"
          + " row that says so.",
      ""
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpWidth = 100,
    footerHeading = "%nVariables:%n",
    footer = {
      "  NNGEOMETRY_PEER_PYTHON   a Python with torch, numpy and tqdm",
      "  NNGEOMETRY_PEER_PATH     the source of the reference, for PYTHONPATH",
      "  NNGEOMETRY_PEER_SCRIPT   its timing script, which prints rows of our shape",
      "                           (all three, or this library is measured alone)",
      "  NNGEOMETRY_JAVA_OPTS     options of the JVM, in place of the script's",
      "",
      "Columns, FB being one forward and backward of the cross-entropy over the same examples:",
      "  s, min-max         median of the repetitions, and their range; of fb, those of all rows' FB",
      "  x FB               multiple of the engine's own FB, taken between the repetitions",
      "  x faster FB        that, times own FB / FB of the faster engine (medians of the section)",
      "  bound FB, x bound  what the operation cannot do without (docs/performance.md), and the",
      "                     multiple of it by the faster FB; empty where none is stated",
      "  theirs / ours      of the seconds: above 1 we are faster",
      "  lead               'over malloc only' where we are ahead in the default environment but not",
      "                     with the allocator tuned on both sides",
      "",
      "Examples:",
      "  benchmarks/run --workload small",
      "  benchmarks/run --workload small,mlp --ops fb,kfac-mc1,implicit-mv --environments default,tuned",
      "  benchmarks/run --workload resnet18-w16 --threads 1,2 --tuned --rounds 3",
      "  benchmarks/run --workload resnet50-64px --ops implicit-mv,kfac-mc1 --max-s 60 --limit 3600",
      "  benchmarks/run --workload all --environments default,tuned --limit 3600 --out results",
      "  benchmarks/run --table results/rows.jsonl"
    })
public final class Main implements Callable<Integer> {
  private final Map<String, String> variables;

  @Spec private CommandSpec spec;

  @Option(
      names = "--workload",
      paramLabel = "NAMES",
      split = ",",
      description = "Separated by commas, or all: ${COMPLETION-CANDIDATES}.",
      completionCandidates = Workload.Names.class)
  private List<String> workloads = List.of();

  @Option(
      names = "--ops",
      paramLabel = "NAMES",
      split = ",",
      description =
          "Operations, separated by commas. By default all that fit in memory, on half as many"
              + " examples, or a quarter and so on, where they only fit so; --list tells them.")
  private List<String> ops = List.of(Operations.EVERYTHING);

  @Option(
      names = "--environments",
      paramLabel = "NAMES",
      split = ",",
      description =
          "default: the variables that a user has; tuned: glibc's allocator keeps freed memory, and"
              + " OpenBLAS has one thread. For both sides alike (default: default).")
  private List<Environment> environments = List.of(Environment.DEFAULT);

  @Option(names = "--tuned", description = "The same as --environments tuned.")
  private boolean tuned;

  @Option(
      names = "--threads",
      paramLabel = "T",
      split = ",",
      description =
          "Threads of one tensor operation (default: 2). Several, as 1,2, give a table of what more"
              + " of them are worth.")
  private List<Integer> threads = List.of(2);

  @Option(
      names = "--rounds",
      paramLabel = "R",
      description =
          "How often to go through environments, threads and both sides for an operation (default:"
              + " 1); the table takes medians of the rounds' medians.")
  private int rounds = 1;

  @Mixin private Measuring measuring;

  @Option(
      names = "--limit",
      paramLabel = "SECONDS",
      description = "Kill a process that takes longer: a row that says so (default: a day).")
  private double limit = 86_400;

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      description =
          "Where rows.jsonl, table.md and what the processes say of errors go (default: a new folder"
              + " under benchmarks/target/results).")
  private @Nullable Path out;

  @Option(names = "--list", description = "Print what would be measured: workload, operation, n.")
  private boolean list;

  @Option(
      names = "--table",
      paramLabel = "FILE",
      description = "Measure nothing; lay out the rows of a file of JSON lines as Markdown.")
  private @Nullable Path table;

  @Option(names = "--home", hidden = true, description = "The folder benchmarks.")
  private Path home = Path.of(".");

  private Main(Map<String, String> variables) {
    this.variables = variables;
  }

  public static void main(String[] args) {
    Thread killing =
        new Thread(
            () -> ProcessHandle.current().children().forEach(ProcessHandle::destroyForcibly));
    Runtime.getRuntime().addShutdownHook(killing);
    System.exit(commandLine(System.getenv()).execute(args));
  }

  /** The command, which looks for the reference in {@code variables}. */
  static CommandLine commandLine(Map<String, String> variables) {
    return new CommandLine(new Main(variables)).setCaseInsensitiveEnumValuesAllowed(true);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (table != null) {
      print(Table.markdown(Files.readAllLines(table).stream().map(Row::parse).toList()));
      return 0;
    }
    List<Workload> chosen = workloads();
    Operations.of(spec, ops);
    measuring.check(spec, threads);
    if (tuned) {
      environments = List.of(Environment.TUNED);
    }
    Path folder = out == null ? home.resolve("target").resolve("results").resolve(now()) : out;
    Files.createDirectories(folder);
    Session session = new Session(measuring, sides(), threads, environments, rounds, limit, folder);
    List<Row> rows = new ArrayList<>();
    for (Workload workload : chosen) {
      for (Session.Planned planned : session.plan(workload, ops)) {
        if (list) {
          print("%s %s %d\n".formatted(workload.name(), planned.op(), planned.n()));
        } else {
          session.measure(
              planned,
              row -> {
                rows.add(row);
                print(row.toJson() + "\n");
              });
          Files.write(folder.resolve("rows.jsonl"), rows.stream().map(Row::toJson).toList());
        }
      }
    }
    if (!list) {
      String text = Heading.of(home, environments) + "\n\n" + Table.markdown(rows);
      Files.writeString(folder.resolve("table.md"), text);
      print(text);
    }
    return rows.stream().anyMatch(row -> row.isOurs() && row.failed() != null) ? 1 : 0;
  }

  private List<Workload> workloads() {
    List<String> names =
        workloads.equals(List.of(Operations.EVERYTHING))
            ? List.copyOf(Workload.byName().keySet())
            : workloads;
    // without a name, what there is
    return (names.isEmpty() ? Stream.of((String) null) : names.stream())
        .map(name -> measuring.applyTo(Workload.of(spec, name)))
        .toList();
  }

  private List<Side> sides() {
    Stream<Side> reference =
        measuring.suitsReference() ? Side.reference(variables, measuring).stream() : Stream.empty();
    return Stream.concat(Stream.of(Side.ours(measuring)), reference).toList();
  }

  private static String now() {
    return LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss"));
  }

  private void print(String text) {
    PrintWriter writer = spec.commandLine().getOut();
    writer.print(text);
    writer.flush();
  }
}
