package io.nngeometry.benchmarks;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One operation under the same conditions, ours beside a peer's.
 *
 * @param op its name
 * @param ours our row, where there is one
 * @param theirs the peer's, where there is one
 */
record Comparison(String op, @Nullable Row ours, @Nullable Row theirs) {

  /** Of the rows of an operation, rounds taken together. */
  static Comparison of(String op, List<Row> rows) {
    return new Comparison(op, of(rows, true), of(rows, false));
  }

  private static @Nullable Row of(List<Row> rows, boolean ours) {
    List<Row> rounds = rows.stream().filter(row -> row.isOurs() == ours).toList();
    return rounds.isEmpty() ? null : Row.of(rounds);
  }

  /** One of the two. */
  @Nullable Row side(boolean our) {
    return our ? ours : theirs;
  }

  /** Their seconds in multiples of ours. */
  @Nullable Double ratio() {
    Double a = field(true, Row::seconds);
    Double b = field(false, Row::seconds);
    return a == null || b == null ? null : Double.valueOf(b / a);
  }

  /** Something of one of the two rows. */
  <T> @Nullable T field(boolean our, Function<Row, @Nullable T> field) {
    Row row = side(our);
    return row == null ? null : field.apply(row);
  }

  /** The rows that are there. */
  Stream<Row> rows() {
    return Stream.of(true, false).flatMap(our -> Stream.ofNullable(side(our)));
  }
}
