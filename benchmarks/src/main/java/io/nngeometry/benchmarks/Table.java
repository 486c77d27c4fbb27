package io.nngeometry.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Rows as a Markdown table, our measurement beside a peer's. */
final class Table {
  private Table() {}

  /**
   * One line for each workload, operation, number of examples and clock, in the order of the rows;
   * why some failed below.
   */
  static String markdown(List<Row> rows) {
    Map<List<Object>, List<Row>> groups = new LinkedHashMap<>();
    for (Row row : rows) {
      groups
          .computeIfAbsent(
              List.of(row.workload(), row.op(), row.n(), row.threads(), row.clock()),
              k -> new ArrayList<>())
          .add(row);
    }
    StringBuilder out = new StringBuilder();
    out.append(
        "| workload | n | c | op | ours s | ours x FB | theirs s | theirs x FB | theirs / ours |");
    out.append(" ours MB | theirs MB |\n");
    out.append("|---|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|\n");
    groups.values().forEach(group -> out.append(line(group)));
    List<Row> failures = rows.stream().filter(row -> row.failed() != null).toList();
    if (!failures.isEmpty()) {
      out.append('\n');
      failures.forEach(row -> out.append(why(row)));
    }
    return out.toString();
  }

  private static String why(Row row) {
    return "- %s, %s, %s: %s%n"
        .formatted(
            row.workload(),
            row.op(),
            row.peer().equals(Row.OURS) ? "ours" : "theirs",
            row.failed());
  }

  private static String line(List<Row> group) {
    Row any = group.get(0);
    Optional<Row> ours = last(group, true);
    Optional<Row> theirs = last(group, false);
    Double a = ours.map(Row::seconds).orElse(null);
    Double b = theirs.map(Row::seconds).orElse(null);
    return String.join(
            " | ",
            "| " + any.workload(),
            Long.toString(any.n()),
            Long.toString(any.c()),
            any.clock() == Clock.WALL ? any.op() : "%s (%s)".formatted(any.op(), any.clock()),
            seconds(ours),
            number("%.2f", of(ours, Row::ratio)),
            seconds(theirs),
            number("%.2f", of(theirs, Row::ratio)),
            number("%.2f", a == null || b == null ? null : Double.valueOf(b / a)),
            number("%d", of(ours, Row::peakMegabytes)),
            number("%d", of(theirs, Row::peakMegabytes)))
        + " |\n";
  }

  private static Optional<Row> last(List<Row> group, boolean ours) {
    return group.stream()
        .filter(row -> row.peer().equals(Row.OURS) == ours)
        .reduce((first, second) -> second);
  }

  private static String seconds(Optional<Row> row) {
    if (row.isPresent() && row.get().failed() != null) {
      return "failed";
    }
    return number("%.4f", of(row, Row::seconds));
  }

  private static <T> @Nullable T of(Optional<Row> row, Function<Row, @Nullable T> field) {
    return row.isPresent() ? field.apply(row.get()) : null;
  }

  private static String number(String format, @Nullable Object value) {
    return value == null ? "" : String.format(Locale.ROOT, format, value);
  }
}
