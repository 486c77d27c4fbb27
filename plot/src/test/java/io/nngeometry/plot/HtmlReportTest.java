package io.nngeometry.plot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

class HtmlReportTest {
  private static final String EVIL = "<script>alert(\"1\")</script> & 'so' on \u0000";

  @TempDir Path directory;

  @Test
  void isWellFormedAndKeepsEveryTextAsText() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put(EVIL, EVIL);
    String html =
        HtmlReport.titled(EVIL)
            .lead(EVIL)
            .section(EVIL)
            .paragraph(EVIL)
            .facts(EVIL, facts)
            .code(EVIL)
            .table(Table.of(EVIL).row(Cell.text(EVIL)).captioned(EVIL))
            .figure(Samples.lines(), EVIL)
            .build()
            .html();

    Document page = parse(html);
    assertThat(page.getElementsByTagName("script").getLength()).isZero();
    assertThat(page.getElementsByTagName("h1").item(0).getTextContent())
        .isEqualTo(EVIL.replace('\u0000', '\uFFFD'));
    assertThat(html.split("&lt;script&gt;", -1))
        .as("once for each use, and the part before")
        .hasSize(15);
  }

  @Test
  void needsNothingFromOutside() {
    String html = full().html();

    // Names of XML vocabularies look like addresses; nothing is fetched from them.
    assertThat(html.replaceAll("xmlns(:\\w+)?='[^']*'", ""))
        .doesNotContain("http:", "https:", "<link", "<script", "@import", "src=");
    assertThat(html).contains("prefers-color-scheme: dark", "@media print");
  }

  @Test
  void figuresOfOnePageShareNoIds() {
    Document page = parse(full().html());

    var all = page.getElementsByTagName("*");
    Map<String, String> ids = new LinkedHashMap<>();
    for (int i = 0; i < all.getLength(); i++) {
      String id = ((Element) all.item(i)).getAttribute("id");
      if (!id.isEmpty()) {
        assertThat(ids.put(id, id)).as("id %s", id).isNull();
      }
    }
    assertThat(ids).containsKeys("figure-1-svg", "figure-4-svg", "section-1");
  }

  @Test
  void tablesHaveHeadersAlignmentAndTheBestCell() {
    Table table =
        Table.of("Representation", "Time", "Accuracy")
            .row(Cell.text("dense"), Cell.number(12.5, "%.1f"), Cell.number(0.9, "%.2f"))
            .row(Cell.text("KFAC"), Cell.number(1.5, "%.1f"), Cell.number(0.8, "%.2f"))
            .row(Cell.text("diagonal"), Cell.missing(), Cell.number(0.9, "%.2f"))
            .highlighting(1, Table.Best.LOWEST)
            .highlighting(2, Table.Best.HIGHEST);
    String html = HtmlReport.titled("t").table(table).build().html();

    assertThat(html)
        .contains(
            "<th scope=\"col\">Representation</th>",
            "<th scope=\"col\" class=\"number\">Time</th>",
            "<th scope=\"row\">dense</th>",
            "<td class=\"number\">12.5</td>",
            "<td class=\"number\">–</td>",
            "<strong>1.5</strong>");
    assertThat(html.split("<strong>", -1)).as("ties are all best").hasSize(4);
    assertThat(Cell.number(11173962).shown()).isEqualTo("11,173,962");
  }

  @Test
  void sectionsAreListedWhenThereAreSeveral() {
    HtmlReport.Builder two = HtmlReport.titled("t").section("a").section("b");
    assertThat(two.build().html()).doesNotContain("<nav");
    assertThat(two.section("c & d").build().html())
        .contains("<li><a href=\"#section-3\">c &amp; d</a></li>");
  }

  @Test
  void sameContentGivesTheSamePageAndReplacesTheOldOne() throws IOException {
    Path file = directory.resolve("out/report.html");
    full().write(file);
    full().write(file);

    assertThat(Files.readString(file)).isEqualTo(full().html());
    try (var files = Files.list(file.getParent())) {
      assertThat(files).containsExactly(file);
    }
  }

  private static HtmlReport full() {
    HtmlReport.Builder builder = HtmlReport.titled("Report").lead("All of it.").section("Figures");
    Samples.all().forEach(figure -> builder.figure(figure, "A caption"));
    return builder.build();
  }

  /** The page is written so that an XML parser can read it too. */
  private static Document parse(String html) {
    return Xml.parse(html.replace("<!DOCTYPE html>", ""));
  }
}
