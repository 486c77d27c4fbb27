package io.nngeometry.plot;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A report as one HTML page that needs nothing else: no network, no script, no other file. The same
 * content gives the same bytes.
 */
public final class HtmlReport {
  private final String html;

  private HtmlReport(String html) {
    this.html = html;
  }

  /** Starts a page; its blocks appear in the order of the calls. All text is escaped. */
  public static Builder titled(String title) {
    return new Builder(title);
  }

  /** The page. */
  public String html() {
    return html;
  }

  /**
   * Writes the page. The file appears complete or not at all; missing directories are made.
   *
   * @throws IOException if the file cannot be written; the message names it
   */
  public void write(Path file) throws IOException {
    AtomicFiles.write(file, html.getBytes(StandardCharsets.UTF_8));
  }

  /** Collects the blocks of a page. */
  public static final class Builder {
    private final String title;
    private final StringBuilder body = new StringBuilder();
    private final List<String> sections = new ArrayList<>();
    private String lead = "";
    private int figures;
    private int tables;

    private Builder(String title) {
      if (title.isBlank()) {
        throw new IllegalArgumentException("title: a text expected, got a blank one");
      }
      this.title = title;
    }

    /** The paragraph under the title: what the page shows, in a sentence or two. */
    public Builder lead(String text) {
      lead = text;
      return this;
    }

    /** Starts a section. */
    public Builder section(String heading) {
      sections.add(heading);
      return add("<h2 id=\"section-%d\">%s</h2>".formatted(sections.size(), Html.escape(heading)));
    }

    /** A paragraph. */
    public Builder paragraph(String text) {
      return add("<p>" + Html.escape(text) + "</p>");
    }

    /** A table. */
    public Builder table(Table table) {
      tables++;
      return add(HtmlBlocks.table(table, tables));
    }

    /** A figure, drawn into the page. */
    public Builder figure(Figure figure, String caption) {
      figures++;
      return add(HtmlBlocks.figure(figure, caption, figures));
    }

    /** Names with values, such as settings, the machine, or versions, in the map's order. */
    public Builder facts(String heading, Map<String, String> facts) {
      Checks.notEmpty("facts", facts.keySet());
      return add(HtmlBlocks.facts(heading, facts));
    }

    /** Preformatted text. */
    public Builder code(String text) {
      return add("<pre tabindex=\"0\"><code>" + Html.escape(text) + "</code></pre>");
    }

    /** The finished page. */
    public HtmlReport build() {
      String escaped = Html.escape(title);
      StringBuilder page = new StringBuilder();
      page.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n")
          .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n")
          .append("<meta name=\"color-scheme\" content=\"light dark\"/>\n")
          .append("<title>" + escaped + "</title>\n<style>\n" + style() + "</style>\n</head>\n")
          .append("<body>\n<main>\n<header>\n<h1>" + escaped + "</h1>\n");
      if (!lead.isEmpty()) {
        page.append("<p class=\"lead\">" + Html.escape(lead) + "</p>\n");
      }
      page.append("</header>\n").append(contents()).append(body);
      return new HtmlReport(page.append("</main>\n</body>\n</html>\n").toString());
    }

    private String contents() {
      // Two sections are found without a list of them.
      if (sections.size() < 3) {
        return "";
      }
      StringBuilder list = new StringBuilder("<nav aria-label=\"Contents\">\n<ol>\n");
      for (int i = 0; i < sections.size(); i++) {
        list.append(
            "<li><a href=\"#section-%d\">%s</a></li>\n"
                .formatted(i + 1, Html.escape(sections.get(i))));
      }
      return list.append("</ol>\n</nav>\n").toString();
    }

    private Builder add(String block) {
      body.append(block).append('\n');
      return this;
    }

    private static String style() {
      try (InputStream in = HtmlReport.class.getResourceAsStream("report.css")) {
        if (in == null) {
          throw new IllegalStateException("report.css is missing from the module");
        }
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
