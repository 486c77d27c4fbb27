package io.nngeometry.benchmarks;

import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Tables of Markdown. */
final class Markdown {
  private Markdown() {}

  /**
   * A column.
   *
   * @param head what stands above
   * @param rule what stands between: {@code ---}, or {@code --:} for numbers
   * @param cell what it says of a line
   */
  record Column<T>(String head, String rule, Function<T, String> cell) {
    /** A column of words. */
    static <T> Column<T> words(String head, Function<T, String> cell) {
      return new Column<>(head, "---", cell);
    }

    /** A column of numbers, by their format; nothing where there is none. */
    static <T> Column<T> numbers(
        String head, String format, Function<T, ? extends @Nullable Object> number) {
      return right(head, line -> Markdown.number(format, number.apply(line)));
    }

    /** A column of what stands to the right. */
    static <T> Column<T> right(String head, Function<T, String> cell) {
      return new Column<>(head, "--:", cell);
    }
  }

  /** A table without the columns that have nothing to say of any line. */
  static <T> String table(List<Column<T>> columns, List<T> lines) {
    List<Column<T>> telling =
        columns.stream()
            .filter(column -> lines.stream().anyMatch(line -> !column.cell().apply(line).isEmpty()))
            .toList();
    StringBuilder out = new StringBuilder();
    out.append(line(telling, " | ", Column::head)).append(line(telling, "|", Column::rule));
    lines.forEach(one -> out.append(line(telling, " | ", column -> column.cell().apply(one))));
    return out.toString();
  }

  private static <T> String line(
      List<Column<T>> columns, String between, Function<Column<T>, String> cell) {
    return columns.stream()
        .map(cell)
        .collect(
            Collectors.joining(between, between.stripLeading(), between.stripTrailing() + "\n"));
  }

  /** A number, or nothing. */
  static String number(String format, @Nullable Object value) {
    return value == null ? "" : String.format(Locale.ROOT, format, value);
  }
}
