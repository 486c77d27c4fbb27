package io.nngeometry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nngeometry.io.Safetensors;
import io.nngeometry.io.TensorFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.xml.sax.SAXException;

/** Whether a written file is whole, by what its name says it is. */
final class Artifacts {
  private interface Checker {
    void check(Path file) throws IOException;
  }

  private static final Map<String, Checker> BY_ENDING =
      Map.of(
          "json", Artifacts::json,
          "csv", Artifacts::csv,
          "png", Artifacts::png,
          "svg", Artifacts::svg,
          "html", Artifacts::html,
          "safetensors", Artifacts::safetensors);

  private static final Pattern REFERENCE =
      Pattern.compile("(?:src|href|action|srcset)\\s*=\\s*[\"']?([^\"'\\s>]*)|url\\(([^)]*)\\)");

  private Artifacts() {}

  /** Fails unless {@code file} is there and can be read from end to end. */
  static void check(Path file) throws IOException {
    assertThat(file).isRegularFile();
    String name = file.getFileName().toString();
    Checker checker = BY_ENDING.get(name.substring(name.lastIndexOf('.') + 1));
    assertThat(checker).as(name).isNotNull();
    checker.check(file);
  }

  private static void json(Path file) throws IOException {
    assertThat(JsonMapper.builder().build().readTree(file.toFile()).isObject()).isTrue();
    assertThat(Files.readString(file)).endsWith("}\n");
  }

  private static void csv(Path file) throws IOException {
    String text = Files.readString(file);
    assertThat(text).endsWith("\n");
    List<List<String>> rows = text.lines().map(Artifacts::fields).toList();
    assertThat(rows)
        .hasSizeGreaterThan(1)
        .allSatisfy(r -> assertThat(r).hasSameSizeAs(rows.get(0)));
  }

  /** The fields of a line of CSV (RFC 4180), without line breaks in them. */
  static List<String> fields(String line) {
    List<String> fields = new ArrayList<>();
    StringBuilder field = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        fields.add(field.toString());
        field.setLength(0);
      } else {
        field.append(c);
      }
    }
    fields.add(field.toString());
    return fields;
  }

  private static void png(Path file) throws IOException {
    BufferedImage image = ImageIO.read(file.toFile());
    assertThat(image).as(file.toString()).isNotNull();
    assertThat(image.getWidth()).isGreaterThan(300);
    int[] pixels =
        image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    int background = pixels[0];
    long drawn = java.util.Arrays.stream(pixels).filter(p -> p != background).count();
    assertThat((double) drawn / pixels.length).as("share of %s drawn on", file).isGreaterThan(0.01);
  }

  private static void svg(Path file) throws IOException {
    Document svg = xml(file);
    assertThat(svg.getDocumentElement().getTagName()).isEqualTo("svg");
    assertThat(svg.getElementsByTagName("text").getLength()).isGreaterThan(4);
    assertThat(svg.getElementsByTagName("path").getLength()).isGreaterThan(4);
    assertSelfContained(Files.readString(file));
  }

  /** Parses strictly. */
  static Document xml(Path file) throws IOException {
    try {
      return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile());
    } catch (ParserConfigurationException | SAXException e) {
      throw new AssertionError(file + " is not well-formed: " + e.getMessage(), e);
    }
  }

  private static void html(Path file) throws IOException {
    String page = Files.readString(file);
    assertThat(page).startsWithIgnoringCase("<!doctype html>").contains("</html>");
    assertSelfContained(page);
  }

  private static void assertSelfContained(String markup) {
    List<String> references =
        REFERENCE
            .matcher(markup)
            .results()
            .map(Artifacts::target)
            .filter(target -> !target.startsWith("#") && !target.startsWith("data:"))
            .toList();
    assertThat(references).isEmpty();
    assertThat(markup).doesNotContain("@import", "<script src");
  }

  private static String target(MatchResult reference) {
    String target = reference.group(1) != null ? reference.group(1) : reference.group(2);
    return target.replaceAll("^[\"']|[\"']$", "");
  }

  private static void safetensors(Path file) throws IOException {
    try (TensorFile content = Safetensors.read(file)) {
      assertThat(content.tensors()).isNotEmpty();
      assertThat(content.metadata()).containsKeys("format", "version");
    }
  }
}
