package io.nngeometry.benchmarks;

import io.nngeometry.benchmarks.Markdown.Column;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What was measured under the same conditions: a table, one line an operation. */
final class Section {
  /** One forward and backward as an operation. */
  static final String UNIT = "fb";

  private final Conditions conditions;
  private final Map<String, Comparison> operations = new LinkedHashMap<>();
  private final @Nullable Double ourUnit;
  private final @Nullable Double theirUnit;

  /** Of rows that share their conditions. */
  Section(Conditions conditions, List<Row> rows) {
    this.conditions = conditions;
    ourUnit = median(units(rows, true));
    theirUnit = median(units(rows, false));
    Map<String, List<Row>> byName = new LinkedHashMap<>();
    rows.forEach(row -> byName.computeIfAbsent(row.op(), k -> new ArrayList<>()).add(row));
    byName.forEach((op, of) -> operations.put(op, withUnit(Comparison.of(op, of), rows)));
  }

  /**
   * One forward and backward is measured with every operation, on both sides: that of all rows is
   * steadier than a process's, and the peer's script has no such operation.
   */
  private static Comparison withUnit(Comparison measured, List<Row> rows) {
    return measured.op().equals(UNIT)
        ? new Comparison(
            UNIT, ofUnits(rows, true, measured.ours()), ofUnits(rows, false, measured.theirs()))
        : measured;
  }

  private static @Nullable Row ofUnits(List<Row> rows, boolean ours, @Nullable Row otherwise) {
    List<Row> units =
        rows.stream()
            .filter(row -> row.isOurs() == ours && row.unit() != null)
            .map(Row::ofUnit)
            .toList();
    return units.isEmpty() ? otherwise : Row.of(units);
  }

  private static List<Double> units(List<Row> rows, boolean ours) {
    return rows.stream()
        .filter(row -> row.isOurs() == ours)
        .map(Row::unit)
        .filter(Objects::nonNull)
        .toList();
  }

  private static @Nullable Double median(List<Double> values) {
    return values.isEmpty() ? null : Double.valueOf(Stopwatch.median(values));
  }

  Conditions conditions() {
    return conditions;
  }

  /** In the order of the rows. */
  Collection<Comparison> comparisons() {
    return operations.values();
  }

  @Nullable Comparison comparison(String op) {
    return operations.get(op);
  }

  /** The table; {@code lead} says what there is to say of a lead. */
  String markdown(Function<Comparison, String> lead) {
    List<Column<Comparison>> columns = new ArrayList<>();
    columns.add(Column.words("op", Comparison::op));
    columns.add(Column.numbers("bound FB", "%.2f", this::bound));
    columns.addAll(side("ours", true));
    columns.addAll(side("theirs", false));
    columns.add(Column.numbers("theirs / ours", "%.2f", Comparison::ratio));
    columns.add(Column.words("lead", lead));
    columns.add(Column.numbers("ours MB", "%d", c -> c.field(true, Row::peakMegabytes)));
    columns.add(Column.numbers("theirs MB", "%d", c -> c.field(false, Row::peakMegabytes)));
    StringBuilder out = new StringBuilder(conditions.words()).append("\n\n");
    out.append(Markdown.table(columns, List.copyOf(operations.values())));
    List<Row> failures =
        comparisons().stream().flatMap(Comparison::rows).filter(r -> r.failed() != null).toList();
    if (!failures.isEmpty()) {
      out.append('\n');
    }
    for (Row row : failures) {
      out.append(
          "- %s, %s: %s\n".formatted(row.op(), row.isOurs() ? "ours" : "theirs", row.failed()));
    }
    return out.toString();
  }

  private List<Column<Comparison>> side(String who, boolean our) {
    return List.of(
        Column.right(who + " s", c -> seconds(c.side(our))),
        Column.right("min–max", c -> range(c.side(our))),
        Column.numbers("reps", "%d", c -> c.field(our, Row::reps)),
        Column.numbers("x FB", "%.2f", c -> c.field(our, Row::ratio)),
        Column.numbers("x faster FB", "%.2f", c -> twoSided() ? ofFaster(c, our) : null),
        Column.numbers("x bound", "%.2f", c -> ofBound(c, our)));
  }

  private static String seconds(@Nullable Row row) {
    return row != null && row.failed() != null
        ? "failed"
        : Markdown.number("%.4f", row == null ? null : row.seconds());
  }

  private static String range(@Nullable Row row) {
    return row == null || row.least() == null || row.greatest() == null
        ? ""
        : Markdown.number("%.4f", row.least()) + "–" + Markdown.number("%.4f", row.greatest());
  }

  private boolean twoSided() {
    return ourUnit != null && theirUnit != null;
  }

  private @Nullable Double bound(Comparison comparison) {
    Operation known = Operations.byName().get(comparison.op());
    return known == null
        ? null
        : known.bound().inUnits(conditions.c()).stream().boxed().findAny().orElse(null);
  }

  /**
   * In multiples of the faster engine's unit: of one's own, corrected by what that is of theirs.
   */
  private @Nullable Double ofFaster(Comparison comparison, boolean our) {
    Double own = our ? ourUnit : theirUnit;
    Double other = our ? theirUnit : ourUnit;
    Double ratio = comparison.field(our, Row::ratio);
    if (own == null || ratio == null) {
      return null;
    }
    return other == null || own <= other ? ratio : Double.valueOf(ratio * own / other);
  }

  private @Nullable Double ofBound(Comparison comparison, boolean our) {
    Double bound = bound(comparison);
    Double multiple = ofFaster(comparison, our);
    return bound == null || multiple == null ? null : Double.valueOf(multiple / bound);
  }
}
