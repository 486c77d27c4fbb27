package io.nngeometry.cli.compare;

import io.nngeometry.cli.console.Numbers;
import io.nngeometry.fisher.MemoryBudget;
import io.nngeometry.plot.Cell;
import io.nngeometry.plot.HtmlReport;
import io.nngeometry.plot.Table;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** Results as one page that needs nothing else. */
public record ReportPage(Results results) {

  /** The page. */
  public HtmlReport html() {
    Findings findings = new Findings(results);
    HtmlReport.Builder page =
        HtmlReport.titled("Fisher matrices of %s, compared".formatted(results.model().name()))
            .lead(findings.summary());
    page.section("What was computed");
    findings.method().forEach(page::paragraph);
    page.section("How far each representation is from the truth")
        .table(errors())
        .paragraph(
            "All %d together, in one pass over the images, took %s."
                .formatted(
                    results.representations().size(), Numbers.seconds(results.secondsTogether())))
        .figure(Figures.errors(results), findings.errorsCaption());
    page.section("Damped inverses").figure(Figures.solves(results), findings.solvesCaption());
    page.table(solves());
    results.gaps().forEach(page::paragraph);
    results
        .training()
        .ifPresent(
            history ->
                page.section("Training")
                    .figure(Figures.training(history), findings.trainingCaption(history)));
    page.section("Settings, machine and versions")
        .facts("Settings", strings(results.settings()))
        .facts("Network", network())
        .facts("Machine", strings(results.machine()))
        .facts("Versions", results.versions());
    page.section("Command line").code(results.command());
    return page.build();
  }

  private Table errors() {
    Table table =
        Table.of(
            "representation",
            "build",
            "memory",
            "F′v",
            "tr F, error",
            "vᵀFv, error",
            "cos(F′v, Fv)");
    for (Results.Approximation a : results.representations()) {
      table =
          table.row(
              Cell.text(a.name()),
              new Cell.Numeric(a.secondsAlone(), Numbers.seconds(a.secondsAlone())),
              new Cell.Numeric(a.bytes(), MemoryBudget.human(a.bytes())),
              new Cell.Numeric(a.secondsPerProduct(), Numbers.seconds(a.secondsPerProduct())),
              spread(a.traceError(), Numbers::error),
              spread(a.quadraticFormError(), Numbers::error),
              spread(a.productCosine(), Numbers::cosine));
    }
    return table
        .row(
            Cell.text(results.truth().representation() + " (truth)"),
            Cell.missing(),
            new Cell.Numeric(0, MemoryBudget.human(0)),
            new Cell.Numeric(
                results.truth().secondsPerProduct(),
                Numbers.seconds(results.truth().secondsPerProduct())),
            Cell.missing(),
            Cell.missing(),
            Cell.missing())
        .captioned(
            "Time to build each alone, memory, time of one product, and distance from the truth:"
                + " median [least, greatest] over draws and vectors.");
  }

  private Table solves() {
    java.util.List<String> header = new java.util.ArrayList<>(java.util.List.of("damping λ"));
    results.solves().forEach(s -> header.add(s.series()));
    Table table = Table.of(header.toArray(String[]::new));
    for (double lambda : results.dampings()) {
      java.util.List<Cell> row = new java.util.ArrayList<>();
      row.add(new Cell.Numeric(lambda, Numbers.error(lambda)));
      for (Results.Solve solve : results.solves()) {
        row.add(
            solve
                .at(lambda)
                .<Cell>map(s -> new Cell.Numeric(s.median(), Numbers.cosine(s.median())))
                .orElse(Cell.missing()));
      }
      table = table.row(row.toArray(Cell[]::new));
    }
    return table.captioned(
        "Median cosine of v and %s, by damping.".formatted(Residual.of(results).formula()));
  }

  private static Cell spread(Spread spread, Function<Double, String> format) {
    return new Cell.Numeric(spread.median(), ResultText.spread(spread, format));
  }

  private Map<String, String> network() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("model", results.model().name());
    facts.put("parameters", Numbers.grouped(results.model().parameters()));
    facts.put("layers", String.join("; ", results.model().layers()));
    results
        .model()
        .testAccuracy()
        .ifPresent(share -> facts.put("right on held-out images", Numbers.percent(share)));
    return facts;
  }

  private static Map<String, String> strings(Map<String, Object> facts) {
    Map<String, String> strings = new LinkedHashMap<>();
    facts.forEach((name, value) -> strings.put(name, text(value)));
    return strings;
  }

  private static String text(Object value) {
    if (value instanceof Iterable<?> list) {
      StringBuilder all = new StringBuilder();
      list.forEach(x -> all.append(all.isEmpty() ? "" : ", ").append(text(x)));
      return all.toString();
    }
    return value instanceof Double x ? Numbers.error(x) : String.valueOf(value);
  }
}
