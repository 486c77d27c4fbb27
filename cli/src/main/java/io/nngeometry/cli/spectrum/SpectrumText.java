package io.nngeometry.cli.spectrum;

import io.nngeometry.cli.console.Numbers;
import io.nngeometry.cli.console.TextTable;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** The result for a terminal, and as lines of CSV. */
public record SpectrumText(Spectrum results) {
  @Override
  public String toString() {
    Spectrum.Top top = results.top();
    TextTable table = TextTable.of(0, "rank", "eigenvalue", "residual");
    for (int k = 0; k < top.eigenvalues().size(); k++) {
      table.row(
          List.of(
              Integer.toString(k + 1),
              String.format(Locale.ROOT, "%.6g", top.eigenvalues().get(k)),
              Numbers.error(top.residuals().get(k))));
    }
    return String.join(
        System.lineSeparator(),
        table.toString(),
        "",
        "%s products%s"
            .formatted(
                Numbers.grouped(top.products()),
                top.converged() ? "" : ", and not all converged: the residuals tell how far off"),
        "",
        "trace            " + text(results.trace()),
        "log-determinant  "
            + results
                .logDeterminant()
                .map(SpectrumText::text)
                .orElse("none: the damped matrix is not positive definite; raise --damping"),
        "zero eigenvalues " + Numbers.percent(results.density().zero()) + " of all, to rounding");
  }

  private static String text(Spectrum.Number x) {
    String error =
        x.standardError().isPresent()
            ? String.format(Locale.ROOT, " ± %.2g", x.standardError().getAsDouble())
            : "";
    return String.format(
        Locale.ROOT, "%.6g%s  (%s products)", x.value(), error, Numbers.grouped(x.products()));
  }

  /** Every number on a line of its own. */
  public String csv() {
    StringBuilder csv = new StringBuilder("quantity,index,eigenvalue,value,standard_error\n");
    List<Double> top = results.top().eigenvalues();
    for (int k = 0; k < top.size(); k++) {
      csv.append("eigenvalue,%d,%s,,\n".formatted(k + 1, top.get(k)));
    }
    number(csv, "trace", results.trace());
    results.logDeterminant().ifPresent(x -> number(csv, "log_determinant", x));
    density(csv, "density", 1, results.density().positive());
    density(csv, "density", -1, results.density().negative());
    return csv.toString();
  }

  private static void number(StringBuilder csv, String name, Spectrum.Number x) {
    csv.append("%s,,,%s,%s\n".formatted(name, x.value(), text(x.standardError())));
  }

  private static void density(StringBuilder csv, String name, int sign, List<Density.Point> at) {
    for (int k = 0; k < at.size(); k++) {
      Density.Point p = at.get(k);
      csv.append(
          "%s,%d,%s,%s,%s\n"
              .formatted(
                  name, k + 1, sign * p.eigenvalue(), p.perDecade(), text(p.standardError())));
    }
  }

  private static String text(OptionalDouble x) {
    return x.isPresent() ? Double.toString(x.getAsDouble()) : "";
  }
}
