package io.nngeometry.cli.solve;

import io.nngeometry.cli.console.Numbers;
import io.nngeometry.cli.console.TextTable;
import io.nngeometry.plot.Axis;
import io.nngeometry.plot.Figure;
import io.nngeometry.plot.LineFigure;
import io.nngeometry.plot.Palette;
import io.nngeometry.plot.Series;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** The result for a terminal, as lines of CSV and as a picture. */
public record SolveText(Solve results) {
  @Override
  public String toString() {
    TextTable table =
        TextTable.of(
            1, "preconditioner", "iterations", "products", "residual", "|x|", "per iteration");
    for (Solve.Run run : results.solves()) {
      table.row(
          List.of(
              run.preconditioner(),
              Numbers.grouped(run.iterations()),
              Numbers.grouped(run.products()),
              Numbers.error(run.relativeResidual()),
              String.format(Locale.ROOT, "%.6g", run.norm()),
              Numbers.seconds(run.secondsPerIteration())));
    }
    return table.toString();
  }

  /** The residual after every iteration, on a line of its own. */
  public String csv() {
    StringBuilder csv = new StringBuilder("preconditioner,iteration,products,residual\n");
    for (Solve.Run run : results.solves()) {
      for (int k = 0; k < run.residuals().size(); k++) {
        csv.append(
            "%s,%d,%d,%s\n"
                .formatted(
                    run.preconditioner(),
                    k + 1,
                    run.preparation() + k + 1,
                    run.residuals().get(k)));
      }
    }
    return csv.toString();
  }

  /** Residuals against products. */
  public Figure figure() {
    return LineFigure.of(
        "",
        Axis.linear("products with the matrix"),
        Axis.log("relative residual"),
        new Palette(results.solves().stream().map(SolveText::name).toList()),
        results.solves().stream()
            .map(
                run ->
                    Series.of(
                        name(run),
                        IntStream.rangeClosed(0, run.residuals().size())
                            .mapToDouble(k -> run.preparation() + k)
                            .toArray(),
                        IntStream.rangeClosed(0, run.residuals().size())
                            .mapToDouble(k -> k == 0 ? 1 : run.residuals().get(k - 1))
                            .toArray()))
            .toList());
  }

  private static String name(Solve.Run run) {
    return run.preconditioner().equals("none")
        ? "without preconditioner"
        : "preconditioned by " + run.preconditioner();
  }
}
