package io.nngeometry.cli.ntk;

import io.nngeometry.cli.console.Numbers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The result for a terminal, and the eigenvalues as lines of CSV. */
public record NtkText(Ntk results) {
  @Override
  public String toString() {
    List<String> lines = new ArrayList<>();
    Ntk.Kernel k = results.kernel();
    String shape = k.shape().stream().map(String::valueOf).collect(Collectors.joining(", "));
    lines.add("kernel (%s) of %s, in %s".formatted(shape, k.dtype(), k.storage()));
    k.trace().ifPresent(t -> lines.add(line("trace", t)));
    lines.add(line("Frobenius norm", k.frobeniusNorm()));
    results
        .spectrum()
        .ifPresent(
            s -> {
              lines.add(line("greatest eigenvalue", s.eigenvalues().get(0)));
              lines.add(line("effective rank", s.effectiveRank()));
              lines.add(line("stable rank", s.stableRank()));
            });
    results.labels().ifPresent(l -> add(lines, l));
    results
        .components()
        .ifPresent(
            shares ->
                lines.add(
                    "explained by components  "
                        + shares.stream().map(Numbers::percent).collect(Collectors.joining(", "))));
    lines.add("written: " + String.join(", ", results.files()));
    return String.join(System.lineSeparator(), lines);
  }

  private static void add(List<String> lines, Ntk.Labels labels) {
    labels.alignment().ifPresent(a -> lines.add(line("alignment with labels", a)));
    labels.centredAlignment().ifPresent(a -> lines.add(line("the same, centred", a)));
    Optional<Ntk.Ridge> ridge = labels.ridge();
    ridge.ifPresent(
        r ->
            lines.add(
                "%-24s %s (%s, lambda %s)"
                    .formatted(
                        "ridge regression right",
                        Numbers.percent(r.accuracy()),
                        r.on(),
                        Numbers.error(r.lambda()))));
  }

  private static String line(String name, double value) {
    return String.format(Locale.ROOT, "%-24s %.6g", name, value);
  }

  /** The eigenvalues by rank. */
  public static String csv(Ntk.Spectrum spectrum) {
    StringBuilder csv = new StringBuilder("rank,eigenvalue\n");
    for (int k = 0; k < spectrum.eigenvalues().size(); k++) {
      csv.append("%d,%s\n".formatted(k + 1, spectrum.eigenvalues().get(k)));
    }
    return csv.toString();
  }
}
