package io.nngeometry.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.Safetensors;
import io.nngeometry.io.TensorFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Small runs of the command, held against dense solves. */
class SolveCommandTest {
  private static final double DAMPING = 0.05;

  @TempDir private static Path folder;
  private static Ran ran;

  @BeforeAll
  static void run() {
    ran = Ran.of(words("kfac", "--json", "--compare", "--preconditioner=kfac")).well();
  }

  private static String[] words(String out, String... more) {
    String[] words = {
      "solve",
      "--model=mlp",
      "--epochs=1",
      "--n=20",
      "--damping=" + DAMPING,
      "--tolerance=1e-10",
      "--seed=3",
      "--out=" + folder.resolve(out)
    };
    Map<String, String> byName = new LinkedHashMap<>(); // an option is given once
    Stream.concat(Arrays.stream(words), Arrays.stream(more))
        .forEach(word -> byName.put(word.split("=", 2)[0], word));
    return byName.values().toArray(String[]::new);
  }

  private static Tensor result(String out) throws IOException {
    try (TensorFile file = Safetensors.read(folder.resolve(out).resolve("result.safetensors"))) {
      return file.get("result").clone();
    }
  }

  private static void assertSolves(String out, MatrixKind kind, Tensor v) throws IOException {
    Tensor m = Truths.dense(folder.resolve(out), kind, 20, 3);
    Tensor damped = m.add(Tensors.eye(m, m.size(0)), Tensors.scalar(DAMPING));
    Tensor x = torch.linalg_solve(damped, v.unsqueeze(1)).squeeze(1);
    Tensor found = result(out);
    assertThat(Tensors.shape(found)).containsExactly(m.size(0));
    assertThat(Tensors.item(found.sub(x).norm())).isLessThan(1e-8 * Tensors.item(x.norm()));
  }

  @Test
  void everyPromisedFileIsWholeAndNothingElseIsLeft() throws IOException {
    String[] promised = {
      "result.safetensors",
      "solve.json",
      "solve.csv",
      "residuals.png",
      "residuals.svg",
      "weights.safetensors"
    };
    for (String name : promised) {
      Artifacts.check(folder.resolve("kfac").resolve(name));
    }
    assertThat(folder.resolve("kfac").toFile().list()).containsExactlyInAnyOrder(promised);
  }

  @Test
  void comparedBothConvergeToOneSolution() {
    JsonNode solves = ran.json().get("solves");
    assertThat(solves).hasSize(2);
    assertThat(solves.get(0).get("preconditioner").asText()).isEqualTo("kfac");
    assertThat(solves.get(1).get("preconditioner").asText()).isEqualTo("none");
    for (JsonNode run : solves) {
      assertThat(run.get("converged").asBoolean()).isTrue();
      assertThat(run.get("relative_residual").asDouble()).isLessThanOrEqualTo(1e-10);
      assertThat(run.get("residuals")).hasSize(run.get("iterations").asInt());
      assertThat(run.get("products").asLong())
          .isGreaterThanOrEqualTo(run.get("iterations").asLong());
    }
    assertThat(solves.get(0).get("norm").asDouble())
        .isCloseTo(solves.get(1).get("norm").asDouble(), within(1e-8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "diag", "kfac", "ekfac", "nystrom"})
  void theSolutionIsThatOfTheDenseMatrix(String preconditioner) throws IOException {
    String out = "by-" + preconditioner;
    Ran solved = Ran.of(words(out, "--preconditioner=" + preconditioner, "--rank=20")).well();
    assertThat(solved.out()).contains(preconditioner, "iterations", "products", "residual", "|x|");
    try (Scope scope = Scope.open()) {
      assertSolves(out, MatrixKind.FISHER, Truths.gradient(folder.resolve(out), 20, 3));
    }
  }

  @Test
  void aRandomVectorAndOneOfAFile() throws IOException {
    Ran.of(words("random", "--vector=random:5")).well();
    try (Scope scope = Scope.open()) {
      Tensor v = Tensors.randn(5, Tensors.options(ScalarType.Double), 2410);
      assertSolves("random", MatrixKind.FISHER, v);
      Path file = folder.resolve("vectors.safetensors");
      Safetensors.write(file, Map.of("a", v, "b", v.neg()), Map.of());
      Ran.of(words("filed", "--vector=" + file + ":b")).well();
      assertSolves("filed", MatrixKind.FISHER, v.neg());
    }
  }

  @Test
  void aHessianThatIsPositiveEnough() throws IOException {
    Ran ran = Ran.of(words("indefinite", "--of=hessian", "--damping=1e-9"));
    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.complaint()).contains("--damping 1.0E-9", "raise --damping");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          none.safetensors   | no such file; give gradient, random:SEED or FILE:KEY
          two.safetensors    | which tensor?; it holds [a, b]: name one as FILE:KEY
          two.safetensors:c  | no tensor 'c'; it holds [a, b]
          two.safetensors:a  | the network has 2410 parameters
          two.safetensors:b  | holds NaN
          text               | not a safetensors file
          """)
  void unusableVectors(String name, String complaint) throws IOException {
    try (Scope scope = Scope.open()) {
      Tensor v = Tensors.of(new double[2410], 2410);
      v.fill_(Tensors.scalar(Double.NaN));
      Safetensors.write(
          folder.resolve("two.safetensors"),
          Map.of("a", Tensors.of(new double[3], 3), "b", v),
          Map.of());
    }
    Files.writeString(folder.resolve("text"), "this is no file of tensors at all");
    Ran ran = Ran.of(words("vectors", "--epochs=0", "--vector=" + folder.resolve(name)));
    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.complaint()).contains("--vector ", complaint);
  }

  @Test
  void whatDoesNotConvergeSaysSoAndIsWritten() throws IOException {
    Ran ran = Ran.of(words("short", "--max-products=2", "--preconditioner=none", "--json")).well();
    assertThat(ran.err()).contains("not converged", "raise --max-products");
    assertThat(ran.json().get("solves").get(0).get("converged").asBoolean()).isFalse();
    assertThat(ran.json().get("solves").get(0).get("iterations").asInt()).isEqualTo(2);
    Artifacts.check(folder.resolve("short").resolve("result.safetensors"));
  }

  @Test
  void resumedAfterAnInterruptionItFindsTheSame() throws Exception {
    String[] more = {
      "--n=450", "--preconditioner=none", "--damping=1e-7", "--max-products=20000", "--epochs=5"
    };
    Truths.interrupted(folder.resolve("stopped"), "residuals", words("stopped", more));
    Ran resumed = Ran.of(words("stopped", append(more, "--resume", "--json"))).well();
    Ran whole = Ran.of(words("whole", append(more, "--json"))).well();
    assertThat(resumed.json().get("solves").get(0).get("converged").asBoolean()).isTrue();
    assertThat(whole.json().get("solves").get(0).get("converged").asBoolean()).isTrue();
    Tensor x = result("whole");
    assertThat(Tensors.item(result("stopped").sub(x).norm()))
        .isLessThan(1e-2 * Tensors.item(x.norm()));
  }

  private static String[] append(String[] words, String... more) {
    return Stream.concat(Arrays.stream(words), Arrays.stream(more)).toArray(String[]::new);
  }
}
