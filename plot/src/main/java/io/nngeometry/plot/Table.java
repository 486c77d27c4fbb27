package io.nngeometry.plot;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.DoubleStream;

/**
 * A table of a report. Columns of numbers are set to the right.
 *
 * @param header the column headings
 * @param rows the cells, as many in each row as there are headings
 * @param caption the caption, or an empty string for none
 * @param best the columns whose best cell is highlighted, and which cell that is
 */
public record Table(
    List<String> header, List<List<Cell>> rows, String caption, Map<Integer, Best> best) {
  /** Which number of a column is the best one. */
  public enum Best {
    /** The least, as of times and errors. */
    LOWEST,
    /** The greatest, as of accuracies. */
    HIGHEST
  }

  /** Checks the shape and copies. */
  public Table {
    header = List.copyOf(header);
    rows = rows.stream().map(List::copyOf).toList();
    best = Map.copyOf(best);
    Checks.notEmpty("header", header);
    for (List<Cell> row : rows) {
      if (row.size() != header.size()) {
        throw new IllegalArgumentException(
            "row: " + header.size() + " cells expected, as many as headings, got " + row.size());
      }
    }
    for (int column : best.keySet()) {
      if (column < 0 || column >= header.size()) {
        throw new IllegalArgumentException(
            "best: a column from 0 to " + (header.size() - 1) + " expected, got " + column);
      }
    }
  }

  /** A table without rows. */
  public static Table of(String... header) {
    return new Table(List.of(header), List.of(), "", Map.of());
  }

  /** This table with one more row. */
  public Table row(Cell... cells) {
    List<List<Cell>> more = new ArrayList<>(rows);
    more.add(List.of(cells));
    return new Table(header, more, caption, best);
  }

  /** This table with a caption. */
  public Table captioned(String text) {
    return new Table(header, rows, text, best);
  }

  /** This table with the best cells of a column highlighted. */
  public Table highlighting(int column, Best which) {
    Map<Integer, Best> more = new HashMap<>(best);
    more.put(column, which);
    return new Table(header, rows, caption, more);
  }

  boolean isNumeric(int column) {
    return !rows.isEmpty() && rows.stream().allMatch(r -> r.get(column) instanceof Cell.Numeric);
  }

  /** Whether a cell is the best of a highlighted column; equals of the best are best too. */
  boolean isBest(List<Cell> row, int column) {
    Best which = best.get(column);
    if (which == null || !(row.get(column) instanceof Cell.Numeric number)) {
      return false;
    }
    DoubleStream numbers =
        rows.stream()
            .map(r -> r.get(column))
            .filter(c -> c instanceof Cell.Numeric n && !Double.isNaN(n.value()))
            .mapToDouble(c -> ((Cell.Numeric) c).value());
    OptionalDouble winner = which == Best.LOWEST ? numbers.min() : numbers.max();
    return winner.isPresent() && number.value() == winner.getAsDouble();
  }
}
