package io.nngeometry.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Small runs of the command, held against dense eigenvalues. */
class SpectrumCommandTest {
  private static final double DAMPING = 1e-2;

  @TempDir private static Path folder;
  private static Ran ran;
  private static JsonNode results;
  private static double[] truth;

  @BeforeAll
  static void run() throws IOException {
    ran = Ran.of(words("fisher")).well();
    results = read("fisher");
    truth = eigenvalues("fisher", MatrixKind.FISHER);
  }

  private static String[] words(String out, String... more) {
    String[] words = {
      "spectrum",
      "--model=mlp",
      "--epochs=1",
      "--n=20",
      "--batch=8",
      "--top=6",
      "--probes=40",
      "--steps=30",
      "--damping=" + DAMPING,
      "--seed=3",
      "--out=" + folder.resolve(out)
    };
    Map<String, String> byName = new LinkedHashMap<>(); // an option is given once
    Stream.concat(Arrays.stream(words), Arrays.stream(more))
        .forEach(word -> byName.put(word.split("=", 2)[0], word));
    return byName.values().toArray(String[]::new);
  }

  private static JsonNode read(String out) throws IOException {
    return JsonMapper.builder()
        .build()
        .readTree(folder.resolve(out).resolve("spectrum.json").toFile());
  }

  /** Ascending. */
  private static double[] eigenvalues(String out, MatrixKind kind) throws IOException {
    try (Scope scope = Scope.open()) {
      return Tensors.toArray(torch.linalg_eigvalsh(Truths.dense(folder.resolve(out), kind, 20, 3)));
    }
  }

  @Test
  void everyPromisedFileIsWholeAndNothingElseIsLeft() throws IOException {
    String[] promised = {
      "spectrum.json", "spectrum.csv", "spectrum.png", "spectrum.svg", "weights.safetensors"
    };
    for (String name : promised) {
      Artifacts.check(folder.resolve("fisher").resolve(name));
    }
    assertThat(folder.resolve("fisher").toFile().list()).containsExactlyInAnyOrder(promised);
  }

  @Test
  void theGreatestEigenvaluesAreThoseOfTheDenseMatrix() {
    assertTop(results, truth);
    assertThat(ran.out()).contains("rank  eigenvalue", "trace ", "log-determinant ", "products");
  }

  private static void assertTop(JsonNode results, double[] truth) {
    JsonNode top = results.get("top");
    assertThat(top.get("converged").asBoolean()).isTrue();
    assertThat(top.get("eigenvalues")).hasSize(6);
    for (int k = 0; k < 6; k++) {
      assertThat(top.get("eigenvalues").get(k).asDouble())
          .isCloseTo(truth[truth.length - 1 - k], within(1e-7 * truth[truth.length - 1]));
    }
  }

  @Test
  void traceAndLogDeterminantAreWithinTheirErrors() {
    assertNumber(results.get("trace"), Arrays.stream(truth).sum());
    assertNumber(
        results.get("log_determinant"), Arrays.stream(truth).map(x -> Math.log(x + DAMPING)).sum());
  }

  private static void assertNumber(JsonNode number, double truth) {
    double error = number.get("standard_error").asDouble();
    assertThat(error).isPositive().isLessThan(0.5 * Math.abs(truth));
    assertThat(number.get("value").asDouble()).isCloseTo(truth, within(5 * error));
    assertThat(number.get("products").asLong()).isBetween(40L, 40L * 30);
  }

  @Test
  void theDensityHasAllEigenvalues() {
    JsonNode density = results.get("density");
    double mass = density.get("zero").asDouble() + mass(density.get("positive"));
    assertThat(mass).isCloseTo(1, within(1e-3));
    assertThat(density.get("negative")).isEmpty();
  }

  private static double mass(JsonNode points) {
    double mass = 0;
    for (int k = 1; k < points.size(); k++) {
      double decades =
          Math.log10(
              points.get(k).get("eigenvalue").asDouble()
                  / points.get(k - 1).get("eigenvalue").asDouble());
      mass +=
          decades
              * (points.get(k).get("per_decade").asDouble()
                  + points.get(k - 1).get("per_decade").asDouble())
              / 2;
    }
    return mass;
  }

  @Test
  void theCsvHasTheSameNumbers() throws IOException {
    List<List<String>> rows =
        Files.readAllLines(folder.resolve("fisher").resolve("spectrum.csv")).stream()
            .map(Artifacts::fields)
            .toList();
    assertThat(rows.stream().filter(r -> r.get(0).equals("eigenvalue")).map(r -> r.get(2)))
        .first()
        .isEqualTo(results.get("top").get("eigenvalues").get(0).asText());
    assertThat(rows.stream().filter(r -> r.get(0).equals("density")))
        .hasSize(results.get("density").get("positive").size());
  }

  @Test
  void aHessianHasEigenvaluesBelowZeroAndMayHaveNoLogDeterminant() throws IOException {
    JsonNode hessian =
        Ran.of(words("hessian", "--of=hessian", "--json", "--damping=1e-9")).well().json();
    double[] all = eigenvalues("hessian", MatrixKind.HESSIAN);
    assertThat(all[0]).isNegative();
    assertTop(hessian, all);
    assertThat(hessian.has("log_determinant")).isFalse();
    assertThat(hessian.get("density").get("negative")).isNotEmpty();
    Artifacts.check(folder.resolve("hessian").resolve("spectrum.png"));
    Artifacts.check(folder.resolve("hessian").resolve("spectrum.svg"));
  }

  @Test
  void aStoredMatrixGivesWhatTheImplicitOneDoes() throws IOException {
    JsonNode dense = Ran.of(words("dense", "--representation=dense", "--json")).well().json();
    assertTop(dense, truth);
    assertThat(dense.get("trace").get("value").asDouble())
        .isCloseTo(results.get("trace").get("value").asDouble(), within(1e-9));
    JsonNode kfac =
        Ran.of(words("kfac", "--representation=kfac", "--json", "--probes=1")).well().json();
    assertThat(kfac.get("matrix").get("representation").asText()).isEqualTo("kfac");
    assertThat(kfac.get("trace").has("standard_error")).isFalse();
    assertThat(kfac.get("top").get("eigenvalues").get(0).asDouble())
        .isNotEqualTo(truth[truth.length - 1]);
  }

  @Test
  void resumedAfterAnInterruptionItFindsTheSame() throws Exception {
    String[] more = {"--steps=100", "--probes=20", "--n=450"};
    int code =
        Truths.interrupted(folder.resolve("stopped"), "done:eigenvalues", words("stopped", more));
    assertThat(code).isNotZero();
    assertThat(folder.resolve("stopped").toFile().list())
        .containsExactlyInAnyOrder("state.safetensors", "weights.safetensors");
    Ran other = Ran.of(words("stopped", "--steps=100", "--probes=20", "--n=449", "--resume"));
    assertThat(other.exitCode()).isEqualTo(1);
    assertThat(other.complaint()).contains("was begun with n 450, not 449", "leave --resume out");
    Ran resumed =
        Ran.of(words("stopped", "--steps=100", "--probes=20", "--n=450", "--resume")).well();
    assertThat(resumed.err()).doesNotContain("training");
    Ran.of(words("whole", more)).well();
    assertThat(timeless("stopped")).isEqualTo(timeless("whole"));
    assertThat(folder.resolve("stopped").resolve("state.safetensors")).doesNotExist();
  }

  /** Results without times and names. */
  private static JsonNode timeless(String out) throws IOException {
    ObjectNode all = (ObjectNode) read(out);
    all.remove(List.of("seconds", "command"));
    return all;
  }

  @Test
  void withoutARunToResumeItBegins() {
    Ran fresh = Ran.of(words("fresh", "--resume")).well();
    assertThat(fresh.err()).contains("nothing to resume in " + folder.resolve("fresh"));
  }

  @Test
  void aFileThatIsNoStateIsRefused() throws IOException {
    Path broken = Files.createDirectory(folder.resolve("broken"));
    Files.writeString(broken.resolve("state.safetensors"), "no state");
    Ran ran = Ran.of(words("broken", "--resume"));
    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.complaint()).contains("--resume: ", "leave --resume out to begin anew");
  }
}
