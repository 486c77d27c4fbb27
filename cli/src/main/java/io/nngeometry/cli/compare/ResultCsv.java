package io.nngeometry.cli.compare;

import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** Every measurement on a line of its own. */
public record ResultCsv(List<Measurement> measurements) {
  @Override
  public String toString() {
    StringBuilder csv = new StringBuilder("series,quantity,lambda,draw,vector,value\n");
    for (Measurement m : measurements) {
      csv.append(quoted(m.series()))
          .append(',')
          .append(m.quantity().key())
          .append(',')
          .append(text(m.lambda()))
          .append(',')
          .append(m.draw())
          .append(',')
          .append(text(m.vector()))
          .append(',')
          .append(m.value())
          .append('\n');
    }
    return csv.toString();
  }

  /** Quoted as RFC 4180 has it, where a comma or a quote demands it. */
  private static String quoted(String field) {
    return field.contains(",") || field.contains("\"")
        ? '"' + field.replace("\"", "\"\"") + '"'
        : field;
  }

  private static String text(OptionalDouble x) {
    return x.isPresent() ? Double.toString(x.getAsDouble()) : "";
  }

  private static String text(OptionalInt x) {
    return x.isPresent() ? Integer.toString(x.getAsInt()) : "";
  }
}
