package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What docs/paper.md says, against the files that its commands wrote. */
class PaperGuideTest {
  private static final Path DOCS = Path.of("..", "docs");
  private static final String BEST_INVERSE = "kfac, factored";

  private static List<String> guide;
  private static JsonNode study;
  private static JsonNode digits;
  private static JsonNode evolution;

  @BeforeAll
  static void read() throws IOException {
    guide = Files.readAllLines(DOCS.resolve("paper.md"));
    study = json("study.json");
    digits = json("digits.json");
    evolution = json("evolution.json");
  }

  private static JsonNode json(String name) throws IOException {
    return JsonMapper.builder().build().readTree(DOCS.resolve("paper").resolve(name).toFile());
  }

  /** The rows of the table after the comment with its name, without its heading. */
  private static List<String> table(String name) {
    int start = guide.indexOf("<!-- table: %s -->".formatted(name));
    assertThat(start).as(name).isNotNegative();
    return guide.stream()
        .skip(start + 1L)
        .dropWhile(String::isEmpty)
        .takeWhile(line -> line.startsWith("|"))
        .skip(2)
        .toList();
  }

  private static List<JsonNode> list(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).toList();
  }

  private static String row(String first, List<String> cells) {
    return "| %s | %s |".formatted(first, String.join(" | ", cells));
  }

  private static String number(double x) {
    return String.format(Locale.ROOT, "%.4f", x);
  }

  /** A row for each representation or inverse, a column for each state. */
  private static List<String> rows(
      JsonNode study, String list, String name, Function<JsonNode, String> cell) {
    Map<String, List<String>> rows = new LinkedHashMap<>();
    for (JsonNode state : study.get("states")) {
      for (JsonNode one : state.get(list)) {
        rows.computeIfAbsent(one.get(name).asText(), k -> new ArrayList<>()).add(cell.apply(one));
      }
    }
    return rows.entrySet().stream().map(e -> row(e.getKey(), e.getValue())).toList();
  }

  @Test
  void theStatesAreThoseOfTheStudy() {
    List<String> expected = new ArrayList<>();
    for (JsonNode state : study.get("states")) {
      JsonNode checkpoint = state.get("checkpoint");
      expected.add(
          row(
              checkpoint.get("step").asText(),
              List.of(
                  String.format(
                      Locale.ROOT, "%.1f%%", 100 * checkpoint.get("test_accuracy").asDouble()),
                  number(state.get("trace").asDouble()))));
    }
    assertThat(table("states")).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"trace", "quadratic_form", "product"})
  void theForwardNumbersAreThoseOfTheStudy(String quantity) {
    assertThat(table(quantity))
        .isEqualTo(
            rows(
                study,
                "representations",
                "name",
                one -> number(one.get(quantity).get("median").asDouble())));
  }

  /** The mean over the dampings that could be inverted with, and how many could not. */
  @ParameterizedTest
  @ValueSource(strings = {"solve", "digits"})
  void theSolvesAreThoseOfTheStudy(String name) {
    JsonNode of = name.equals("digits") ? digits : study;
    int dampings = of.get("settings").get("damping").size();
    assertThat(table(name))
        .isEqualTo(
            rows(
                of,
                "solves",
                "series",
                one -> {
                  int refused = dampings - one.get("points").size();
                  String mean = refused == dampings ? "" : number(meanCosine(one));
                  return refused == 0 ? mean : "%s (%d refused)".formatted(mean, refused).strip();
                }));
  }

  private static double meanCosine(JsonNode solve) {
    return list(solve.get("points")).stream()
        .mapToDouble(p -> p.get("cosine").get("median").asDouble())
        .average()
        .orElseThrow();
  }

  @Test
  void theKernelIsThatOfTheEvolution() {
    List<String> expected = new ArrayList<>();
    for (JsonNode at : evolution.get("checkpoints")) {
      expected.add(
          row(
              at.get("step").asText(),
              List.of(
                  number(at.get("pair_accuracy").asDouble()),
                  number(at.get("alignment").asDouble()),
                  number(at.get("centred_alignment").asDouble()),
                  number(at.get("effective_rank").asDouble()))));
    }
    assertThat(table("kernel")).isEqualTo(expected);
  }

  /** The median that representation {@code name} has at {@code state}. */
  private static double median(JsonNode state, String name, String quantity) {
    return list(state.get("representations")).stream()
        .filter(one -> one.get("name").asText().equals(name))
        .findFirst()
        .orElseThrow()
        .get(quantity)
        .get("median")
        .asDouble();
  }

  private static String best(JsonNode state, String quantity, int sign) {
    return list(state.get("representations")).stream()
        .map(one -> one.get("name").asText())
        .max(Comparator.comparingDouble(name -> sign * median(state, name, quantity)))
        .orElseThrow();
  }

  @Test
  void whatItSaysOfTheTraceAndOfProductsHolds() {
    for (JsonNode state : study.get("states")) {
      double noise = median(state, "diag", "trace");
      for (String exact : List.of("quasi-diag", "ekfac")) {
        assertThat(median(state, exact, "trace")).isCloseTo(noise, within(1e-3));
      }
      assertThat(median(state, "kfac", "trace")).isGreaterThan(2 * noise);
      assertThat(best(state, "product", 1)).isEqualTo("ekfac");
    }
    assertThat(
            list(study.get("states")).stream()
                .filter(state -> best(state, "quadratic_form", -1).equals("ekfac")))
        .hasSize(5);
  }

  /** The inverse with the greatest mean cosine, of those that are never refused. */
  private static String bestInverse(JsonNode state, int dampings) {
    return list(state.get("solves")).stream()
        .filter(solve -> solve.get("points").size() == dampings)
        .max(Comparator.comparingDouble(PaperGuideTest::meanCosine))
        .orElseThrow()
        .get("series")
        .asText();
  }

  private static List<String> bestInverses(JsonNode of) {
    int dampings = of.get("settings").get("damping").size();
    return list(of.get("states")).stream().map(state -> bestInverse(state, dampings)).toList();
  }

  @Test
  void whatItSaysOfInversesHolds() {
    List<String> best = bestInverses(study);
    assertThat(best.subList(0, best.size() - 1)).containsOnly("ekfac");
    assertThat(best.get(best.size() - 1)).isEqualTo(BEST_INVERSE);
    assertThat(bestInverses(digits)).containsOnly(BEST_INVERSE);
  }

  @Test
  void whatItSaysOfTheKernelHolds() {
    List<JsonNode> states = list(evolution.get("checkpoints"));
    JsonNode last = states.get(states.size() - 1);
    for (String alignment : List.of("alignment", "centred_alignment")) {
      for (JsonNode before : states.subList(0, states.size() - 1)) {
        assertThat(last.get(alignment).asDouble()).isGreaterThan(before.get(alignment).asDouble());
      }
      assertThat(states.get(0).get(alignment).asDouble()).isLessThan(0.03);
    }
  }
}
