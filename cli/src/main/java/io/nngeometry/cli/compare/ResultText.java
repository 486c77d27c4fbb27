package io.nngeometry.cli.compare;

import io.nngeometry.cli.compare.Results.Approximation;
import io.nngeometry.cli.compare.Results.Solve;
import io.nngeometry.cli.console.Numbers;
import io.nngeometry.cli.console.TextTable;
import io.nngeometry.fisher.MemoryBudget;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Results as text for a terminal. */
public record ResultText(Results results) {

  /** What every representation costs and how far it is from the truth. */
  public String errors() {
    TextTable table =
        TextTable.of(
            1,
            "representation",
            "build",
            "memory",
            "F'v",
            "error of tr F",
            "error of v'Fv",
            "cos(F'v, Fv)");
    for (Approximation a : results.representations()) {
      table.row(
          List.of(
              a.name(),
              Numbers.seconds(a.secondsAlone()),
              MemoryBudget.human(a.bytes()),
              Numbers.seconds(a.secondsPerProduct()),
              spread(a.traceError(), Numbers::error),
              spread(a.quadraticFormError(), Numbers::error),
              spread(a.productCosine(), Numbers::cosine)));
    }
    table.row(
        List.of(
            results.truth().representation() + " (truth)",
            "-",
            MemoryBudget.human(0),
            Numbers.seconds(results.truth().secondsPerProduct()),
            "0",
            "0",
            Numbers.cosine(1)));
    return table.toString();
  }

  /** The solve residuals' median cosines by damping. */
  public String solves() {
    List<String> headings = new ArrayList<>(List.of("damping"));
    results.solves().forEach(s -> headings.add(s.series()));
    TextTable table = TextTable.of(1, headings.toArray(String[]::new));
    for (double lambda : results.dampings()) {
      List<String> row = new ArrayList<>(List.of(Numbers.error(lambda)));
      for (Solve solve : results.solves()) {
        row.add(solve.at(lambda).map(cosine -> Numbers.cosine(cosine.median())).orElse("-"));
      }
      table.row(row);
    }
    return table.toString();
  }

  /** What does not fit into a table. */
  public String footer() {
    StringBuilder text = new StringBuilder();
    results.gaps().forEach(gap -> text.append("not inverted: ").append(gap).append('\n'));
    return text.append(
            "%d matrices in one pass over %d images: %s; the whole run: %s"
                .formatted(
                    results.representations().size(),
                    results.truth().examples(),
                    Numbers.seconds(results.secondsTogether()),
                    Numbers.seconds(results.seconds())))
        .toString();
  }

  /** Median and range; one number if there is no range. */
  static String spread(Spread spread, Function<Double, String> format) {
    String median = format.apply(spread.median());
    return spread.min() == spread.max()
        ? median
        : "%s [%s, %s]".formatted(median, format.apply(spread.min()), format.apply(spread.max()));
  }
}
