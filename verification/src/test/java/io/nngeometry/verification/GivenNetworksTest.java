package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Metric;
import io.nngeometry.io.OperatorFile;
import io.nngeometry.io.Safetensors;
import io.nngeometry.io.TensorFile;
import io.nngeometry.operators.PMat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The commands compare, spectrum and solve on every golden program and the file beside it, against
 * algebra with the golden files' dense matrices.
 */
class GivenNetworksTest {
  private static final double ALGEBRA = 1e-8;

  @TempDir Path directory;

  static List<String> nets() {
    return Golden.names();
  }

  private static String metric(Golden golden) {
    return golden.classification() == Metric.bernoulli() ? "bernoulli" : "categorical";
  }

  private JsonNode run(Golden golden, String command, String... words) throws IOException {
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(
        List.of(
            "--model=" + golden.programFile(),
            "--data=safetensors:" + golden.dataFile(),
            "--metric=" + metric(golden),
            "--batch=3",
            "--json",
            "--out=" + directory.resolve(command)));
    all.addAll(List.of(words));
    return new ObjectMapper().readTree(Command.run(all).well().out());
  }

  private Tensor solution() throws IOException {
    Path file = directory.resolve("solve").resolve("result.safetensors");
    try (TensorFile content = Safetensors.read(file)) {
      return content.get("result").clone();
    }
  }

  private static void close(String what, Tensor actual, Tensor expected) {
    Calculus.assertClose(what, actual, expected, ALGEBRA);
  }

  @ParameterizedTest
  @MethodSource("nets")
  void compareHoldsEveryFormAgainstTheDenseMatrix(String name) throws IOException {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      JsonNode found =
          run(
              golden,
              "compare",
              "--representations=dense,diag,block-diag",
              "--vectors=3",
              "--damping=0.01,1");
      double trace = Tensors.item(golden.expected("truth.fisher_classif.trace"));
      assertThat(found.get("truth").get("trace").asDouble()).isCloseTo(trace, within(1e-10));
      assertThat(found.get("truth").get("examples").asLong()).isEqualTo(golden.size());
      assertThat(found.get("model").get("parameters").asLong()).isEqualTo(golden.parameters());
      assertThat(found.has("training")).isFalse();
      assertThat(directory.resolve("compare").resolve("weights.safetensors")).doesNotExist();
      JsonNode dense = found.get("representations").get(0);
      assertThat(dense.get("product_cosine").get("min").asDouble()).isCloseTo(1, within(1e-10));
      assertThat(dense.get("quadratic_form_error").get("max").asDouble()).isLessThan(1e-10);
      for (JsonNode form : found.get("representations")) {
        assertThat(form.get("trace_error").get("max").asDouble()).isLessThan(1e-10);
      }
      for (JsonNode point : found.get("solves").get(0).get("points")) {
        assertThat(point.get("cosine").get("min").asDouble()).isCloseTo(1, within(1e-9));
      }
      accuracy(golden, found.get("model"));
      if (golden.has("truth.fisher_classif")) {
        try (PMat m =
            OperatorFile.read(directory.resolve("compare").resolve("dense.safetensors"))) {
          close(name, m.toDense(), golden.expected("truth.fisher_classif"));
        }
      }
    }
  }

  private static void accuracy(Golden golden, JsonNode model) {
    assertThat(model.has("test_accuracy")).isEqualTo(metric(golden).equals("categorical"));
    if (model.has("test_accuracy")) {
      Tensor guesses = golden.expected("truth.logits").argmax(new LongOptional(1), false);
      double right = Tensors.item(guesses.eq(golden.input("y")).sum()) / guesses.numel();
      assertThat(model.get("test_accuracy").asDouble()).isCloseTo(right, within(1e-12));
    }
  }

  @ParameterizedTest
  @MethodSource("nets")
  void spectrumFindsTheGreatestEigenvalues(String name) throws IOException {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      Tensor jacobian = golden.expected("truth.jacobian");
      long rows = jacobian.size(0) * jacobian.size(1);
      long top = Math.min(3, rows);
      JsonNode found = run(golden, "spectrum", "--top=" + top, "--probes=2", "--steps=5");
      assertThat(found.get("matrix").get("size").asLong()).isEqualTo(golden.parameters());
      Tensor dense = dense(golden);
      double[] truth = Tensors.toArray(torch.linalg_eigvalsh(dense));
      for (int k = 0; k < top; k++) {
        assertThat(found.get("top").get("eigenvalues").get(k).asDouble())
            .as("%s, %d", name, k)
            .isCloseTo(truth[truth.length - 1 - k], within(ALGEBRA * truth[truth.length - 1]));
      }
    }
  }

  /**
   * The dense matrix, made by the command 'fim', whose result is held against the truth elsewhere.
   */
  private Tensor dense(Golden golden) throws IOException {
    if (golden.has("truth.fisher_classif")) {
      return golden.expected("truth.fisher_classif");
    }
    Path file = directory.resolve("F.safetensors");
    Command.run(
            "fim",
            "--model=" + golden.programFile(),
            "--data=safetensors:" + golden.dataFile(),
            "--metric=" + metric(golden),
            "--dtype=float64",
            "--representation=dense",
            "--out=" + file)
        .well();
    try (PMat m = OperatorFile.read(file)) {
      return m.toDense();
    }
  }

  @ParameterizedTest
  @MethodSource("nets")
  void solveSolvesWithTheDampedMatrix(String name) throws IOException {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      String damping = "--damping=" + Golden.LAMBDA;
      run(golden, "solve", "--vector=" + golden.dataFile() + ":v", damping, "--tolerance=1e-12");
      close(name, solution(), golden.expected("truth.fisher_classif.solve"));
      run(golden, "solve", damping, "--tolerance=1e-12", "--preconditioner=kfac");
      // the gradient of the mean loss, from the golden Jacobian: the mean of J'(p - y)
      Tensor logits = golden.expected("truth.logits");
      Tensor aims = golden.input("y");
      Tensor slope =
          metric(golden).equals("categorical")
              ? logits.softmax(1).sub(torch.one_hot(aims, logits.size(1)))
              : logits.sigmoid().sub(aims.reshape(Tensors.shape(logits)));
      Tensor stacked = golden.expected("truth.jacobian").flatten(0, 1);
      Tensor gradient =
          slope.t().reshape(1, -1).matmul(stacked).squeeze(0).div(Tensors.scalar(golden.size()));
      Tensor damped =
          dense(golden)
              .add(
                  torch
                      .eye(golden.parameters(), Tensors.options(golden.type()))
                      .mul(Tensors.scalar(Golden.LAMBDA)));
      close(name, solution(), torch.linalg_solve(damped, gradient));
    }
  }
}
