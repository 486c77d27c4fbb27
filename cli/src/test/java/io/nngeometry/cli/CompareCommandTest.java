package io.nngeometry.cli;

import static java.util.stream.Collectors.toList;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.OperatorFile;
import io.nngeometry.io.Safetensors;
import io.nngeometry.io.TensorFile;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.operators.PMat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One small run of the main job, and all that it promises. */
class CompareCommandTest {
  private static final List<String> REPRESENTATIONS =
      List.of(
          "dense", "block-diag", "kfac", "kfac-reduce", "ekfac", "quasi-diag", "diag", "low-rank");
  private static final List<Double> DAMPINGS = List.of(1e-3, 1e-1, 10.0);
  private static final int VECTORS = 3;

  @TempDir private static Path folder;
  private static Ran ran;
  private static JsonNode results;
  private static List<List<String>> rows;

  /** Where decimals have a comma, so that none can slip into what is written. */
  @BeforeAll
  static void run() throws IOException {
    Locale usual = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      ran =
          Ran.of(
              "compare",
              "--epochs=1",
              "--n=40",
              "--batch=16",
              "--vectors=" + VECTORS,
              "--damping=10,1e-1,1e-3,1e-1",
              "--seed=7",
              "--out=" + folder);
    } finally {
      Locale.setDefault(usual);
    }
    ran.well();
    results = JsonMapper.builder().build().readTree(folder.resolve("results.json").toFile());
    rows =
        Files.readAllLines(folder.resolve("results.csv")).stream().map(Artifacts::fields).toList();
  }

  static Stream<String> promised() {
    return Stream.concat(
        Stream.of(
            "results.json",
            "results.csv",
            "report.html",
            "errors.png",
            "errors.svg",
            "solves.png",
            "solves.svg",
            "training.png",
            "training.svg",
            "weights.safetensors"),
        REPRESENTATIONS.stream().map(name -> name + ".safetensors"));
  }

  @ParameterizedTest
  @MethodSource("promised")
  void everyPromisedFileIsWhole(String name) throws IOException {
    Artifacts.check(folder.resolve(name));
  }

  @Test
  void nothingElseIsLeftBehind() {
    assertThat(folder.toFile().list()).containsExactlyInAnyOrderElementsOf(promised().toList());
  }

  @Test
  void theTextHasARowPerRepresentationAndPerDamping() {
    assertThat(ran.out().lines().map(line -> line.split(" ")[0]))
        .containsSubsequence(REPRESENTATIONS)
        .contains("implicit")
        .containsSubsequence("damping", "0.0010", "0.10", "10");
    assertThat(ran.out()).contains("report: " + folder.resolve("report.html"));
    assertThat(ran.err()).contains("right on held-out images: ", "building kfac: ", "comparing: ");
  }

  @Test
  void settingsAreThoseAskedFor() {
    JsonNode settings = results.get("settings");
    assertThat(settings.get("n").asInt()).isEqualTo(40);
    assertThat(settings.get("epochs").asInt()).isEqualTo(1);
    assertThat(settings.get("batch").asInt()).isEqualTo(16);
    assertThat(settings.get("seed").asLong()).isEqualTo(7);
    assertThat(settings.get("estimator").asText()).isEqualTo("exact");
    assertThat(settings.get("draws").asInt()).isEqualTo(1); // nothing is drawn
    assertThat(settings.get("residual").asText()).isEqualTo("text");
    assertThat(doubles(settings.get("damping"))).isEqualTo(DAMPINGS);
    assertThat(results.get("command").asText()).startsWith("nngeometry compare --epochs=1 --n=40");
    assertThat(results.get("format").asText()).isEqualTo("nngeometry-compare/1");
    assertThat(results.get("truth").get("examples").asInt()).isEqualTo(40);
    assertThat(results.get("model").get("parameters").asInt()).isEqualTo(2458);
    assertThat(results.get("versions").get("nngeometry").asText()).isEqualTo(Main.version());
  }

  @Test
  void everyRepresentationHasItsNumbers() {
    assertThat(each(results.get("representations")).map(r -> r.get("name").asText()))
        .containsExactlyElementsOf(REPRESENTATIONS);
    for (JsonNode r : results.get("representations")) {
      String name = r.get("name").asText();
      assertThat(r.get("bytes").asLong()).as(name).isPositive();
      assertThat(r.get("seconds_alone").asDouble()).as(name).isPositive().isFinite();
      assertThat(r.get("seconds_per_product").asDouble()).as(name).isPositive().isFinite();
      assertThat(r.get("trace").asDouble()).as(name).isPositive();
      for (String error : List.of("trace_error", "quadratic_form_error", "product_cosine")) {
        double[] spread = spread(r.get(error));
        assertThat(spread).as(name + " " + error).isSorted().doesNotContain(Double.NaN);
        assertThat(spread[0]).as(name + " " + error).isGreaterThanOrEqualTo(0);
      }
      assertThat(spread(r.get("product_cosine"))[2]).as(name).isLessThanOrEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dense", "low-rank"})
  void whatIsExactIsExact(String name) {
    JsonNode exact = representation(name);
    assertThat(spread(exact.get("trace_error"))[2]).isLessThan(1e-10);
    assertThat(spread(exact.get("quadratic_form_error"))[2]).isLessThan(1e-10);
    assertThat(spread(exact.get("product_cosine"))[0]).isCloseTo(1, within(1e-10));
    for (JsonNode point : solve(name).get("points")) {
      assertThat(spread(point.get("cosine"))[0]).isCloseTo(1, within(1e-8));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"block-diag", "ekfac", "quasi-diag", "diag"})
  void theTraceIsExactWhereTheDiagonalIs(String name) {
    JsonNode approximation = representation(name);
    assertThat(spread(approximation.get("trace_error"))[2]).isLessThan(1e-10);
    // and the rest is not
    assertThat(spread(approximation.get("quadratic_form_error"))[1]).isGreaterThan(1e-3);
    assertThat(spread(approximation.get("product_cosine"))[1]).isBetween(0.0, 0.999);
  }

  @Test
  void solvesAreGivenByDampingInOrder() {
    List<String> series = new ArrayList<>(REPRESENTATIONS);
    series.add(3, "kfac, factored");
    assertThat(each(results.get("solves")).map(s -> s.get("series").asText()))
        .containsExactlyElementsOf(series);
    for (JsonNode solve : results.get("solves")) {
      String name = solve.get("series").asText();
      List<Double> dampings =
          each(solve.get("points")).map(p -> p.get("lambda").asDouble()).toList();
      if (name.equals("quasi-diag")) { // may refuse, and then says so
        assertThat(DAMPINGS).containsSubsequence(dampings);
        String gaps = results.get("gaps").toString();
        assertThat(gaps.contains("quasi-diag")).isEqualTo(dampings.size() < DAMPINGS.size());
      } else {
        assertThat(dampings).as(name).isEqualTo(DAMPINGS);
      }
      for (JsonNode point : solve.get("points")) {
        double[] cosine = spread(point.get("cosine"));
        assertThat(cosine).as(name).isSorted().doesNotContain(Double.NaN);
        assertThat(cosine[0]).as(name).isGreaterThanOrEqualTo(-1);
        assertThat(cosine[2]).as(name).isLessThanOrEqualTo(1);
      }
    }
    for (JsonNode gap : results.get("gaps")) {
      assertThat(gap.asText()).contains("singular or not positive with damping");
      assertThat(ran.out()).contains("not inverted: " + gap.asText());
    }
  }

  @Test
  void muchDampingMakesAllAlike() {
    for (JsonNode solve : results.get("solves")) {
      JsonNode last = solve.get("points").get(solve.get("points").size() - 1);
      assertThat(last.get("lambda").asDouble()).isEqualTo(10);
      assertThat(spread(last.get("cosine"))[0])
          .as(solve.get("series").asText())
          .isGreaterThan(0.99);
    }
  }

  @Test
  void theCsvHasEveryNumberOfTheJson() {
    assertThat(rows.get(0))
        .containsExactly("series", "quantity", "lambda", "draw", "vector", "value");
    for (JsonNode r : results.get("representations")) {
      String name = r.get("name").asText();
      assertThat(values(name, "trace", "")).hasSize(1);
      assertThat(values(name, "quadratic_form", "")).hasSize(VECTORS);
      assertThat(values(name, "product", "")).hasSize(VECTORS);
      assertSpread(r.get("trace_error"), values(name, "trace", ""));
      assertSpread(r.get("quadratic_form_error"), values(name, "quadratic_form", ""));
      assertSpread(r.get("product_cosine"), values(name, "product", ""));
    }
    int solves = 0;
    for (JsonNode solve : results.get("solves")) {
      for (JsonNode point : solve.get("points")) {
        String lambda = Double.toString(point.get("lambda").asDouble());
        List<Double> values = values(solve.get("series").asText(), "solve", lambda);
        assertThat(values).hasSize(VECTORS);
        assertSpread(point.get("cosine"), values);
        solves++;
      }
    }
    assertThat(rows).hasSize(1 + REPRESENTATIONS.size() * (1 + 2 * VECTORS) + solves * VECTORS);
  }

  @Test
  void theMatricesCanBeReadBack() throws IOException {
    LayerCollection layers = LayerCollection.of(Truths.forDigits(NetworkKind.SMALL_CONV));
    try (Scope scope = Scope.open();
        PMat dense = OperatorFile.read(folder.resolve("dense.safetensors"), layers)) {
      Tensor f = dense.toDense();
      Tensor diagonal = f.diagonal();
      for (String name : REPRESENTATIONS) {
        try (PMat matrix = OperatorFile.read(folder.resolve(name + ".safetensors"), layers)) {
          assertThat(matrix.representation()).isEqualTo(name);
          assertThat(matrix.trace())
              .as(name)
              .isCloseTo(representation(name).get("trace").asDouble(), within(1e-12));
          assertThat(matrix.bytes()).isEqualTo(representation(name).get("bytes").asLong());
        }
      }
      assertThat(dense.trace())
          .isCloseTo(results.get("truth").get("trace").asDouble(), within(1e-10));
      try (PMat diag = OperatorFile.read(folder.resolve("diag.safetensors"), layers);
          PMat blocks = OperatorFile.read(folder.resolve("block-diag.safetensors"), layers);
          PMat lowRank = OperatorFile.read(folder.resolve("low-rank.safetensors"), layers)) {
        assertClose(diag.toDense().diagonal(), diagonal);
        assertClose(lowRank.toDense(), f);
        Tensor expected = Tensors.zeros(f, layers.size(), layers.size());
        long from = 0;
        for (Layer layer : layers.layers()) {
          long size = layer.size();
          part(expected, from, size).copy_(part(f, from, size));
          from += size;
        }
        assertClose(blocks.toDense(), expected);
      }
    }
  }

  @Test
  void theFilesSayHowTheyCameAbout() throws IOException {
    try (TensorFile kfac = Safetensors.read(folder.resolve("kfac.safetensors"))) {
      assertThat(kfac.metadata())
          .containsEntry("representation", "kfac")
          .containsEntry("dtype", "float64")
          .containsEntry("n", "40")
          .containsEntry("estimator", "exact")
          .containsEntry("seed", "7");
    }
    try (TensorFile weights = Safetensors.read(folder.resolve("weights.safetensors"))) {
      assertThat(weights.metadata())
          .containsEntry("model", "small-conv")
          .containsEntry("test_accuracy", results.get("model").get("test_accuracy").asText());
    }
  }

  @Test
  void theReportShowsEverything() throws IOException {
    String page = Files.readString(folder.resolve("report.html"));
    for (String name : REPRESENTATIONS) {
      assertThat(page).contains(">" + name + "<");
    }
    assertThat(page)
        .contains("cos(v, (F′ + λ)⁻¹(F + λ)v)", "nngeometry compare --epochs=1", "2,458 parameters")
        .doesNotContain("NaN");
    assertThat(page.split("<svg", -1)).as("figures in place").hasSize(4);
    Matcher ids = Pattern.compile("\\sid=\"([^\"]+)\"").matcher(page);
    List<String> all = ids.results().map(m -> m.group(1)).collect(toList());
    assertThat(all).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @ValueSource(strings = {"report.html", "errors.svg", "solves.svg", "training.svg"})
  void decimalsHaveAPointEverywhere(String name) throws IOException {
    String text = Files.readString(folder.resolve(name));
    String read = text.replaceAll("<svg[^>]*>|<style.*?</style>", " ").replaceAll("<[^>]*>", " ");
    assertThat(read)
        .doesNotContainPattern("\\b\\d+,\\d{1,2}\\b|\\b0,\\d|\\d\\.\\d{3}\\b parameters");
    assertThat(ran.out()).doesNotContainPattern("\\d,\\d{1,2}\\b");
  }

  /** Everything at once: another choice, in JSON, from given weights, into the same place. */
  @Test
  void aSecondRunReplacesWholeFilesAndNothingElse(@TempDir Path other) throws IOException {
    for (String name : List.of("weights.safetensors", "results.json", "dense.safetensors")) {
      Files.copy(folder.resolve(name), other.resolve(name));
    }
    Path theirs = Files.writeString(other.resolve("notes.txt"), "mine");
    String before = Files.readString(other.resolve("results.json"));
    Ran second;
    try (var reader = Files.newBufferedReader(other.resolve("results.json"))) {
      second =
          Ran.of(
              "compare",
              "--weights=" + other.resolve("weights.safetensors"),
              "--representations=diag,KFAC",
              "--n=20",
              "--seed=7",
              "--estimator=mc",
              "--draws=2",
              "--vectors=2",
              "--damping=0.01",
              "--dtype=float32",
              "--json",
              "--out=" + other);
      second.well();
      String read = reader.lines().reduce("", (a, b) -> a + b + "\n");
      assertThat(read).as("what a reader had opened before").isEqualTo(before);
    }
    JsonNode now = JsonMapper.builder().build().readTree(other.resolve("results.json").toFile());
    assertThat(second.json()).isEqualTo(now);
    assertThat(each(now.get("representations")).map(r -> r.get("name").asText()))
        .containsExactly("diag", "kfac");
    assertThat(now.get("settings").get("trials").asInt()).isEqualTo(5);
    assertThat(now.has("training")).isFalse();
    // of a network that is given, the accuracy is that on the 20 examples looked at
    assertThat(20 * now.get("model").get("test_accuracy").asDouble() % 1).isZero();
    List<String> draws =
        Files.readAllLines(other.resolve("results.csv")).stream()
            .map(Artifacts::fields)
            .filter(row -> row.get(0).equals("diag") && row.get(1).equals("trace"))
            .map(row -> row.get(5))
            .toList();
    assertThat(draws).hasSize(2).doesNotHaveDuplicates();

    assertThat(theirs).hasContent("mine");
    assertThat(other.resolve("dense.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("dense.safetensors"));
    Set<String> names = Set.of(other.toFile().list());
    assertThat(names).contains("diag.safetensors", "kfac.safetensors", "report.html");
    assertThat(names).noneMatch(name -> name.startsWith(".") || name.endsWith(".tmp"));
    for (String name : names) {
      if (!name.equals("notes.txt")) {
        Artifacts.check(other.resolve(name));
      }
    }
  }

  @Test
  void theSeedDecidesTheNumbers(@TempDir Path other) throws IOException {
    List<List<String>> numbers = new ArrayList<>();
    for (String seed : List.of("1", "1", "2")) {
      Ran.of(
              "compare",
              "--epochs=0",
              "--n=10",
              "--representations=diag",
              "--vectors=1",
              "--damping=0.1",
              "--estimator=mc",
              "--draws=1",
              "--seed=" + seed,
              "--out=" + other)
          .well();
      numbers.add(Files.readAllLines(other.resolve("results.csv")));
    }
    assertThat(numbers.get(1)).isEqualTo(numbers.get(0));
    IntStream.range(1, numbers.get(0).size())
        .forEach(k -> assertThat(numbers.get(2).get(k)).isNotEqualTo(numbers.get(0).get(k)));
  }

  @Test
  void aRunThatFailsMidwayLeavesTheFormerResults(@TempDir Path other) throws IOException {
    Path results = Files.writeString(other.resolve("results.json"), "former");
    Path inTheWay = Files.createDirectory(other.resolve("diag.safetensors"));
    Ran failed =
        Ran.of(
            "compare",
            "--epochs=0",
            "--n=10",
            "--representations=kfac,diag",
            "--vectors=1",
            "--damping=0.1",
            "--out=" + other);
    assertThat(failed.exitCode()).isEqualTo(1);
    assertThat(failed.out()).isEmpty();
    assertThat(failed.complaint()).contains("cannot write " + inTheWay, "not a regular file");
    assertThat(results).hasContent("former");
    assertThat(other.toFile().list())
        .containsExactlyInAnyOrder(
            "results.json", "diag.safetensors", "kfac.safetensors", "weights.safetensors");
    Artifacts.check(other.resolve("kfac.safetensors"));
    Artifacts.check(other.resolve("weights.safetensors"));
  }

  @Test
  void theScriptsResidualIsCalledByItsName(@TempDir Path other) throws IOException {
    Ran.of(
            "compare",
            "--weights=" + folder.resolve("weights.safetensors"),
            "--n=10",
            "--representations=diag",
            "--vectors=1",
            "--damping=0.1,1",
            "--residual=script",
            "--out=" + other)
        .well();
    String page = Files.readString(other.resolve("report.html"));
    assertThat(page).contains("F(F′ + λ)⁻¹v + λv").doesNotContain("(F′ + λ)⁻¹(F + λ)");
    assertThat(Files.readString(other.resolve("solves.svg"))).contains("F(F′ + λ)⁻¹v + λv");
  }

  private static JsonNode representation(String name) {
    return each(results.get("representations"))
        .filter(r -> r.get("name").asText().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static JsonNode solve(String series) {
    return each(results.get("solves"))
        .filter(s -> s.get("series").asText().equals(series))
        .findFirst()
        .orElseThrow();
  }

  private static List<Double> values(String series, String quantity, String lambda) {
    return rows.stream()
        .filter(r -> r.subList(0, 3).equals(List.of(series, quantity, lambda)))
        .map(r -> Double.parseDouble(r.get(5)))
        .toList();
  }

  /** Least, median, greatest. */
  private static double[] spread(JsonNode spread) {
    return new double[] {
      spread.get("min").asDouble(), spread.get("median").asDouble(), spread.get("max").asDouble()
    };
  }

  private static void assertSpread(JsonNode spread, List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    assertThat(spread(spread))
        .containsExactly(
            sorted.get(0), sorted.get(sorted.size() / 2), sorted.get(sorted.size() - 1));
  }

  private static void assertClose(Tensor actual, Tensor expected) {
    double scale = Tensors.item(expected.abs().max());
    assertThat(Tensors.item(actual.sub(expected).abs().max())).isLessThan(1e-12 * scale);
  }

  private static Tensor part(Tensor matrix, long from, long size) {
    return matrix.narrow(0, from, size).narrow(1, from, size);
  }

  private static List<Double> doubles(JsonNode array) {
    return each(array).map(JsonNode::asDouble).toList();
  }

  private static Stream<JsonNode> each(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }
}
