package io.nngeometry.plot;

import java.util.Locale;

/** One cell of a {@link Table}. */
public sealed interface Cell {
  /** What the reader sees. */
  String shown();

  /**
   * A text.
   *
   * @param shown the text
   */
  record Text(String shown) implements Cell {}

  /**
   * A number.
   *
   * @param value the number, by which cells compare
   * @param shown the number as printed
   */
  record Numeric(double value, String shown) implements Cell {}

  /** A text cell. */
  static Cell text(String shown) {
    return new Text(shown);
  }

  /** A number printed by a {@link String#format} pattern, such as {@code "%.3g"}; NaN as "–". */
  static Cell number(double value, String pattern) {
    String shown = Double.isNaN(value) ? "–" : String.format(Locale.ROOT, pattern, value);
    return new Numeric(value, shown);
  }

  /** A whole number, in groups of three digits. */
  static Cell number(long value) {
    return new Numeric(value, String.format(Locale.ROOT, "%,d", value));
  }

  /** A number that was not measured. */
  static Cell missing() {
    return new Numeric(Double.NaN, "–");
  }
}
