package io.nngeometry.cli.console;

import java.util.ArrayList;
import java.util.List;

/** A table in plain text: columns of words set left, columns of numbers right. */
public final class TextTable {
  private static final String GAP = "  ";

  private final int words;
  private final List<List<String>> rows = new ArrayList<>();

  private TextTable(int words, List<String> headings) {
    this.words = words;
    rows.add(headings);
  }

  /** A table with these headings, whose first {@code words} columns are not numbers. */
  public static TextTable of(int words, String... headings) {
    return new TextTable(words, List.of(headings));
  }

  /** Adds a row, of as many cells as there are headings. */
  public TextTable row(List<String> cells) {
    if (cells.size() != rows.get(0).size()) {
      throw new IllegalArgumentException(
          "a row needs %d cells, got %d".formatted(rows.get(0).size(), cells.size()));
    }
    rows.add(List.copyOf(cells));
    return this;
  }

  @Override
  public String toString() {
    int[] widths = new int[rows.get(0).size()];
    for (List<String> row : rows) {
      for (int c = 0; c < widths.length; c++) {
        widths[c] = Math.max(widths[c], length(row.get(c)));
      }
    }
    StringBuilder text = new StringBuilder();
    for (int r = 0; r < rows.size(); r++) {
      if (r > 0) {
        text.append('\n');
      }
      text.append(line(rows.get(r), widths));
    }
    return text.toString();
  }

  private String line(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int c = 0; c < widths.length; c++) {
      String blank = " ".repeat(widths[c] - length(row.get(c)));
      line.append(c == 0 ? "" : GAP).append(c < words ? row.get(c) + blank : blank + row.get(c));
    }
    return line.toString().stripTrailing();
  }

  /** Marks set above a letter take no room. */
  private static int length(String text) {
    return (int)
        text.codePoints().filter(c -> Character.getType(c) != Character.NON_SPACING_MARK).count();
  }
}
