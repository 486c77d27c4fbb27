package io.nngeometry.benchmarks;

import io.nngeometry.engine.Engine;
import io.nngeometry.plot.Axis;
import io.nngeometry.plot.Figure;
import io.nngeometry.plot.Grid;
import io.nngeometry.plot.LineFigure;
import io.nngeometry.plot.Palette;
import io.nngeometry.plot.Series;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How the time of operations grows with one size, each beside its slope in theory. */
@Command(
    name = "growth",
    description =
        "Measures operations at several values of one size, the others as in the workload, prints a"
            + " line of CSV each, and draws the medians with their range, one panel an operation,"
            + " beside the slope that theory gives and one forward and backward.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  growth --workload mlp --over examples --values 512,1024,2048,4096 --ops gram-one --slopes 2",
      "  growth --over classes --values 10,50,200 --ops implicit-mv,kfac-exact --slopes 0,1",
      "  growth --over threads --values 1,2 --ops kfac-exact,diag-exact --slopes=-1,-1"
    })
public final class Growth implements Callable<Integer> {
  private static final String MEASURED = "measured, median and range";
  private static final String THEORY = "slope in theory";
  private static final String PASSES = "forward and backward";

  /** A size of a workload. */
  enum Size {
    EXAMPLES("examples n"),
    CLASSES("outputs c"),
    WIDTH("channels of the first block"),
    PIXELS("pixels along a side"),
    THREADS("threads");

    private final String label;

    Size(String label) {
      this.label = label;
    }

    Setting setting(Workload workload, long value) {
      return switch (this) {
        case EXAMPLES -> Setting.of(workload, value, false);
        case THREADS -> Setting.of(workload, workload.examples(), false);
        case CLASSES -> Setting.of(workload.withClasses(value), workload.examples(), false);
        case WIDTH -> Setting.of(workload.withWidth(value), workload.examples(), false);
        case PIXELS -> Setting.of(workload.withPixels(value), workload.examples(), false);
      };
    }

    int threads(long value) {
      return this == THREADS ? Math.toIntExact(value) : 1;
    }

    /** The time on a processor is quieter, but of one thread. */
    Clock clock() {
      return this == THREADS ? Clock.WALL : Clock.CPU;
    }

    String axis() {
      return this == THREADS ? "seconds" : "seconds, one thread";
    }
  }

  @Spec private CommandSpec spec;

  @Option(names = "--workload", paramLabel = "NAME", description = "Default: ${DEFAULT-VALUE}.")
  private String workload = "resnet18-w16";

  @Option(
      names = "--over",
      paramLabel = "SIZE",
      required = true,
      description = "What grows: ${COMPLETION-CANDIDATES}.")
  private Size over = Size.EXAMPLES;

  @Option(names = "--values", paramLabel = "N", split = ",", required = true)
  private List<Long> values = List.of();

  @Option(names = "--ops", paramLabel = "NAME", split = ",", required = true)
  private List<String> operations = List.of();

  @Option(
      names = "--slopes",
      paramLabel = "P",
      split = ",",
      required = true,
      description = "For each operation the power of the size that its time grows with in theory.")
  private List<Double> slopes = List.of();

  @Option(names = "--reps", paramLabel = "R", description = "Default: ${DEFAULT-VALUE}.")
  private int reps = 5;

  @Option(names = "--out", paramLabel = "STEM", description = "Default: ${DEFAULT-VALUE}.")
  private Path out = Path.of("growth");

  private Growth() {}

  public static void main(String[] args) {
    System.exit(
        new CommandLine(new Growth()).setCaseInsensitiveEnumValuesAllowed(true).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    Workload chosen = Workload.of(spec, workload);
    if (slopes.size() != operations.size()) {
      throw wrong("--slopes needs one for each of --ops");
    }
    Stopwatch stopwatch = new Stopwatch(0.5, reps, 600, over.clock());
    List<Figure> panels = new ArrayList<>();
    spec.commandLine()
        .getOut()
        .println("operation,%s,seconds,least,greatest,forward_and_backward".formatted(over));
    for (int k = 0; k < operations.size(); k++) {
      Operation operation = Operations.byName().get(operations.get(k));
      if (operation == null) {
        throw wrong("no operation '%s'".formatted(operations.get(k)));
      }
      List<Row> rows = new ArrayList<>();
      for (long value : values) {
        rows.add(row(stopwatch, operation, over.setting(chosen, value), value));
      }
      panels.add(panel(operations.get(k), rows, slopes.get(k)));
    }
    Figure figure = panels.size() == 1 ? panels.get(0) : new Grid(List.of(panels));
    figure.writePng(out.resolveSibling(out.getFileName() + ".png"));
    figure.writeSvg(out.resolveSibling(out.getFileName() + ".svg"));
    return 0;
  }

  private ParameterException wrong(String what) {
    return new ParameterException(spec.commandLine(), what);
  }

  private Row row(Stopwatch stopwatch, Operation operation, Setting setting, long value) {
    int threads = over.threads(value);
    Engine.setThreads(threads);
    Row row = stopwatch.measure(operation, setting, threads);
    if (row.seconds() == null) {
      throw new IllegalStateException(row.failed());
    }
    spec.commandLine()
        .getOut()
        .printf(
            Locale.ROOT,
            "%s,%d,%s,%s,%s,%s%n",
            operation.name(),
            value,
            row.seconds(),
            row.least(),
            row.greatest(),
            row.unit());
    spec.commandLine().getOut().flush();
    return row;
  }

  private Figure panel(String title, List<Row> rows, double slope) {
    double[] x = values.stream().mapToDouble(v -> v).toArray();
    int end = x.length - 1;
    // where time falls, theory begins with the most
    int anchor = slope < 0 ? 0 : end;
    double there = number(rows.get(anchor).seconds());
    double[] theory = new double[x.length];
    java.util.Arrays.setAll(theory, k -> there * Math.pow(x[k] / x[anchor], slope));
    return LineFigure.of(
        title,
        Axis.log(over.label),
        Axis.log(over.axis()),
        Palette.of(MEASURED, THEORY, PASSES),
        List.of(
            Series.of(THEORY, x, theory),
            Series.of(PASSES, x, rows.stream().mapToDouble(r -> number(r.unit())).toArray()),
            Series.banded(
                MEASURED,
                x,
                rows.stream().mapToDouble(r -> number(r.least())).toArray(),
                rows.stream().mapToDouble(r -> number(r.seconds())).toArray(),
                rows.stream().mapToDouble(r -> number(r.greatest())).toArray())));
  }

  /** A number of a row that did not fail. */
  private static double number(@Nullable Double x) {
    return Objects.requireNonNull(x);
  }
}
