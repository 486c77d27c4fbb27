package io.nngeometry.benchmarks;

import io.nngeometry.benchmarks.Markdown.Column;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Rows as Markdown: a section for those that share their conditions, and what they say together.
 */
final class Table {
  private static final String MALLOC_ONLY = "over malloc only";

  private final Map<Conditions, Section> sections = new LinkedHashMap<>();

  private Table(List<Row> rows) {
    Map<Conditions, List<Row>> groups = new LinkedHashMap<>();
    rows.forEach(
        row -> groups.computeIfAbsent(Conditions.of(row), k -> new ArrayList<>()).add(row));
    groups.forEach((conditions, of) -> sections.put(conditions, new Section(conditions, of)));
  }

  /** In the order of the rows; why some failed below each section. */
  static String markdown(List<Row> rows) {
    Table table = new Table(rows);
    return Stream.of(
            table.sections.values().stream()
                .map(section -> section.markdown(c -> table.lead(section, c))),
            table.leads(),
            table.threads())
        .flatMap(part -> part)
        .collect(Collectors.joining("\n"));
  }

  /** Of the same operation with the allocator tuned. */
  private @Nullable Double tunedRatio(Section section, String op) {
    if (section.conditions().environment() != Environment.DEFAULT) {
      return null;
    }
    return ratio(section.conditions().in(Environment.TUNED), op);
  }

  private @Nullable Double ratio(Conditions conditions, String op) {
    Comparison comparison = comparison(conditions, op);
    return comparison == null ? null : comparison.ratio();
  }

  private @Nullable Comparison comparison(Conditions conditions, String op) {
    Section section = sections.get(conditions);
    return section == null ? null : section.comparison(op);
  }

  private String lead(Section section, Comparison comparison) {
    Double plain = comparison.ratio();
    Double tuned = tunedRatio(section, comparison.op());
    return plain != null && tuned != null && plain > 1 && tuned <= 1 ? MALLOC_ONLY : "";
  }

  /** The leads that a tuned allocator takes away, if any. */
  private Stream<String> leads() {
    List<String> found =
        sections.values().stream()
            .flatMap(
                section ->
                    section.comparisons().stream()
                        .filter(c -> !lead(section, c).isEmpty())
                        .map(
                            c ->
                                String.format(
                                    Locale.ROOT,
                                    "- %s, %s: %.2f, tuned %.2f\n",
                                    section.conditions().words(),
                                    c.op(),
                                    c.ratio(),
                                    tunedRatio(section, c.op()))))
            .toList();
    return found.isEmpty()
        ? Stream.empty()
        : Stream.of(
            "Ahead over malloc only (theirs / ours above 1 in the default environment, not with the"
                + " allocator tuned on both sides):\n\n"
                + String.join("", found));
  }

  /** An operation with some threads beside the same with the fewest. */
  private record Faster(Conditions conditions, Comparison few, Comparison many) {
    @Nullable Double speedUp(boolean our) {
      Double before = few.field(our, Row::seconds);
      Double after = many.field(our, Row::seconds);
      return before == null || after == null ? null : Double.valueOf(before / after);
    }
  }

  /** What more threads are worth, if there were more than one number of them. */
  private Stream<String> threads() {
    List<Integer> counts =
        sections.keySet().stream().map(Conditions::threads).distinct().sorted().toList();
    if (counts.size() < 2) {
      return Stream.empty();
    }
    int fewest = counts.get(0);
    List<Faster> lines =
        sections.values().stream()
            .filter(section -> section.conditions().threads() > fewest)
            .flatMap(section -> section.comparisons().stream().map(c -> faster(section, c, fewest)))
            .flatMap(Stream::ofNullable)
            .toList();
    List<Column<Faster>> columns =
        List.of(
            Column.words("workload", f -> f.conditions().workload()),
            Column.numbers("n", "%d", f -> f.conditions().n()),
            Column.words("environment", f -> Objects.toString(f.conditions().environment(), "")),
            Column.words("op", f -> f.many().op()),
            Column.numbers("threads", "%d", f -> f.conditions().threads()),
            Column.numbers("ours s", "%.4f", f -> f.many().field(true, Row::seconds)),
            Column.numbers("with " + fewest, "%.4f", f -> f.few().field(true, Row::seconds)),
            Column.numbers("ours, times faster", "%.2f", f -> f.speedUp(true)),
            Column.numbers("theirs, times faster", "%.2f", f -> f.speedUp(false)));
    return Stream.of("More threads against " + fewest + ":\n\n" + Markdown.table(columns, lines));
  }

  private @Nullable Faster faster(Section section, Comparison many, int fewest) {
    Comparison few = comparison(section.conditions().with(fewest), many.op());
    return few == null ? null : new Faster(section.conditions(), few, many);
  }
}
