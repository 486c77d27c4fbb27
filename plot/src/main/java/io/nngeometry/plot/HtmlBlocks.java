package io.nngeometry.plot;

import java.util.List;
import java.util.Map;

/** The markup of a report's larger blocks. */
final class HtmlBlocks {
  private HtmlBlocks() {}

  static String table(Table table, int number) {
    StringBuilder out = new StringBuilder();
    String name = table.caption().isEmpty() ? "Table " + number : table.caption();
    // Wide tables scroll in their own box, which then must be reachable by keyboard.
    out.append("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"")
        .append(Html.escape(name))
        .append("\">\n<table>\n");
    if (!table.caption().isEmpty()) {
      out.append("<caption><b>Table " + number + ".</b> ")
          .append(Html.escape(table.caption()))
          .append("</caption>\n");
    }
    out.append("<thead><tr>");
    for (int c = 0; c < table.header().size(); c++) {
      String text = Html.escape(table.header().get(c));
      out.append("<th scope=\"col\"" + alignment(table, c) + ">" + text + "</th>");
    }
    out.append("</tr></thead>\n<tbody>\n");
    for (List<Cell> row : table.rows()) {
      out.append("<tr>");
      for (int c = 0; c < row.size(); c++) {
        out.append(cell(table, row, c));
      }
      out.append("</tr>\n");
    }
    return out.append("</tbody>\n</table>\n</div>").toString();
  }

  private static String cell(Table table, List<Cell> row, int column) {
    String text = Html.escape(row.get(column).shown());
    if (table.isBest(row, column)) {
      text = "<strong>" + text + "</strong><span class=\"unseen\"> (best)</span>";
    }
    // A column of names heads its rows.
    return column == 0 && !table.isNumeric(0)
        ? "<th scope=\"row\">" + text + "</th>"
        : "<td" + alignment(table, column) + ">" + text + "</td>";
  }

  private static String alignment(Table table, int column) {
    return table.isNumeric(column) ? " class=\"number\"" : "";
  }

  static String figure(Figure figure, String caption, int number) {
    String text = caption.isEmpty() ? "" : " " + Html.escape(caption);
    return "<figure>\n<div class=\"picture\">"
        + Rendering.svg(figure, "figure-" + number + "-")
        + "</div>\n<figcaption><b>Figure "
        + number
        + ".</b>"
        + text
        + "</figcaption>\n</figure>";
  }

  static String facts(String heading, Map<String, String> facts) {
    StringBuilder out = new StringBuilder("<section class=\"facts\">\n");
    if (!heading.isEmpty()) {
      out.append("<h3>" + Html.escape(heading) + "</h3>\n");
    }
    out.append("<dl>\n");
    facts.forEach(
        (name, value) ->
            out.append("<dt>" + Html.escape(name) + "</dt>")
                .append("<dd>" + Html.escape(value) + "</dd>\n"));
    return out.append("</dl>\n</section>").toString();
  }
}
