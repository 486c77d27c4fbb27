package io.nngeometry.benchmarks;

import io.nngeometry.engine.Engine;
import io.nngeometry.plot.Axis;
import io.nngeometry.plot.Figure;
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

/** How the time of a Gram matrix grows with the number of examples. */
@Command(
    name = "gram-scaling",
    description =
        "Measures the Gram matrix of one output for several numbers of examples, prints a line of"
            + " CSV each, and draws the medians with their range beside n squared.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class GramScaling implements Callable<Integer> {
  private static final String MEASURED = "measured, median and range";
  private static final String SQUARE = "n²";
  private static final String PASSES = "forward and backward";

  @Spec private CommandSpec spec;

  @Option(names = "--workload", paramLabel = "NAME", description = "Default: ${DEFAULT-VALUE}.")
  private String workload = "mlp";

  @Option(
      names = "--n",
      paramLabel = "N",
      split = ",",
      description = "Numbers of examples. Default: ${DEFAULT-VALUE}.")
  private List<Long> numbers = List.of(128L, 256L, 512L, 1024L, 2048L, 4096L, 8192L);

  @Option(names = "--op", paramLabel = "NAME", description = "Default: ${DEFAULT-VALUE}.")
  private String operation = "gram-one";

  @Option(names = "--reps", paramLabel = "R", description = "Default: ${DEFAULT-VALUE}.")
  private int reps = 5;

  @Option(names = "--out", paramLabel = "STEM", description = "Default: ${DEFAULT-VALUE}.")
  private Path out = Path.of("gram-scaling");

  private GramScaling() {}

  public static void main(String[] args) {
    System.exit(new CommandLine(new GramScaling()).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    Workload chosen = Workload.byName().get(workload);
    Operation measured = Operations.byName().get(operation);
    if (chosen == null || measured == null) {
      throw new ParameterException(
          spec.commandLine(), "no workload '%s' or operation '%s'".formatted(workload, operation));
    }
    Engine.setThreads(1);
    Stopwatch stopwatch = new Stopwatch(0.5, reps, 600, Clock.CPU);
    List<Row> rows = new ArrayList<>();
    spec.commandLine().getOut().println("n,seconds,least,greatest,forward_and_backward");
    for (long n : numbers) {
      Row row = stopwatch.measure(measured, Setting.of(chosen, n, false), 1);
      if (row.seconds() == null) {
        throw new IllegalStateException(row.failed());
      }
      rows.add(row);
      spec.commandLine()
          .getOut()
          .printf(
              Locale.ROOT,
              "%d,%s,%s,%s,%s%n",
              n,
              row.seconds(),
              row.least(),
              row.greatest(),
              row.unit());
      spec.commandLine().getOut().flush();
    }
    Figure figure = figure(rows);
    figure.writePng(out.resolveSibling(out.getFileName() + ".png"));
    figure.writeSvg(out.resolveSibling(out.getFileName() + ".svg"));
    return 0;
  }

  private static Figure figure(List<Row> rows) {
    double[] n = rows.stream().mapToDouble(Row::n).toArray();
    double last = number(rows.get(rows.size() - 1).seconds()) / Math.pow(n[n.length - 1], 2);
    double[] square = new double[n.length];
    java.util.Arrays.setAll(square, k -> last * n[k] * n[k]);
    return LineFigure.of(
        "",
        Axis.log("examples n"),
        Axis.log("seconds, one thread"),
        Palette.of(MEASURED, SQUARE, PASSES),
        List.of(
            Series.of(SQUARE, n, square),
            Series.of(PASSES, n, rows.stream().mapToDouble(r -> number(r.unit())).toArray()),
            Series.banded(
                MEASURED,
                n,
                rows.stream().mapToDouble(r -> number(r.least())).toArray(),
                rows.stream().mapToDouble(r -> number(r.seconds())).toArray(),
                rows.stream().mapToDouble(r -> number(r.greatest())).toArray())));
  }

  /** A number of a row that did not fail. */
  private static double number(@Nullable Double x) {
    return Objects.requireNonNull(x);
  }
}
