package io.nngeometry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.Safetensors;
import io.nngeometry.io.TensorFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Networks that are trained on other data than the digits, or given with their weights. */
class SubjectOptionsTest {
  private static final int EXAMPLES = 80;

  @TempDir private Path folder;

  /** Points of two numbers, whose class is the sign of the first. */
  @BeforeEach
  void write() throws IOException {
    try (Scope scope = Scope.open()) {
      Tensor x = Tensors.randn(3, Tensors.options(ScalarType.Float), EXAMPLES, 2);
      Tensor y = x.select(1, 0).gt(Tensors.scalar(0)).to(ScalarType.Long);
      Safetensors.write(folder.resolve("data"), Map.of("x", x, "y", y), Map.of());
      Safetensors.write(folder.resolve("bare"), Map.of("x", x), Map.of());
    }
  }

  private Ran about(String command, String data, String... more) {
    String[] words = {
      command,
      "--model=mlp",
      "--width=5",
      "--data=safetensors:" + folder.resolve(data),
      "--json",
      "--out=" + folder.resolve(command)
    };
    return Ran.of(
        java.util.stream.Stream.concat(
                java.util.Arrays.stream(words), java.util.Arrays.stream(more))
            .toArray(String[]::new));
  }

  @Test
  void aNetworkByNameIsTrainedOnOnePartOfAnyDataAndLookedAtOnTheOther() throws IOException {
    JsonNode found =
        about("compare", "data", "--epochs=20", "--lr=.1", "--representations=diag", "--vectors=1")
            .well()
            .json();
    assertThat(found.get("model").get("parameters").asInt()).isEqualTo(5 * 3 + 2 * 6);
    assertThat(found.get("truth").get("examples").asInt()).isEqualTo(EXAMPLES / 4);
    assertThat(found.get("settings").get("split").asText()).isEqualTo("test");
    assertThat(found.get("settings").get("dtype").asText()).isEqualTo("float64");
    assertThat(found.get("model").get("test_accuracy").asDouble()).isGreaterThan(0.8);
    Path weights = folder.resolve("compare").resolve("weights.safetensors");
    try (TensorFile file = Safetensors.read(weights)) {
      assertThat(file.metadata())
          .containsEntry("input", "2")
          .containsEntry("width", "5")
          .containsEntry("classes", "2");
    }
    // the same network, given: the same matrix on the same part
    JsonNode again =
        about(
                "compare",
                "data",
                "--weights=" + weights,
                "--split=test",
                "--representations=diag",
                "--vectors=1")
            .well()
            .json();
    assertThat(again.has("training")).isFalse();
    assertThat(again.get("truth").get("trace")).isEqualTo(found.get("truth").get("trace"));
    assertThat(again.get("model").get("test_accuracy"))
        .isEqualTo(found.get("model").get("test_accuracy"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"compare", "spectrum", "solve"})
  void withoutLabelsThereIsNothingToLearn(String command) {
    Ran ran = about(command, "bare");
    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.complaint())
        .contains("bare: the examples need labels", "give its --weights, or a FILE.pt2");
  }

  @Test
  void layersAreChosenByName() {
    JsonNode found =
        about("spectrum", "data", "--epochs=0", "--layers=fc2", "--top=2").well().json();
    assertThat(found.get("matrix").get("size").asInt()).isEqualTo(2 * 6);
  }

  /** Sequences of six tokens out of five, each of which asks for the next greater one. */
  @Test
  void aTransformerLearnsTokens() throws IOException {
    try (Scope scope = Scope.open()) {
      Tensor x =
          Tensors.randn(4, Tensors.options(ScalarType.Float), EXAMPLES, 6)
              .mul(Tensors.scalar(1e4))
              .floor()
              .remainder(Tensors.scalar(5))
              .to(ScalarType.Long);
      Tensor y = x.add(Tensors.scalar(1)).remainder(Tensors.scalar(5)).to(ScalarType.Long);
      Safetensors.write(folder.resolve("tokens"), Map.of("x", x, "y", y), Map.of());
    }
    String data = "--data=safetensors:" + folder.resolve("tokens");
    Path weights = folder.resolve("t.safetensors");
    String[] how = {"--epochs=30", "--optimiser=adam", "--train-batch=10"};
    Ran trained =
        Ran.of(
                "train",
                "--model=transformer",
                "--width=8",
                data,
                how[0],
                how[1],
                how[2],
                "--json",
                "--out=" + weights)
            .well();
    JsonNode epochs = trained.json().get("history").get("epochs");
    assertThat(epochs.get(epochs.size() - 1).get("test_accuracy").asDouble()).isGreaterThan(0.9);
    String[] look = {"--representations=diag", "--vectors=1", "--n=4", "--split=test", "--json"};
    JsonNode found =
        Ran.of(
                "compare",
                "--model=transformer",
                "--weights=" + weights,
                data,
                look[0],
                look[1],
                look[2],
                look[3],
                look[4],
                "--out=" + folder.resolve("c"))
            .well()
            .json();
    assertThat(found.get("model").get("test_accuracy").asDouble()).isGreaterThan(0.7);
    assertThat(found.get("representations").get(0).get("trace_error").get("max").asDouble())
        .isLessThan(1e-10);
  }

  /** Grey images for a network that is usually for coloured ones. */
  @Test
  void aResidualNetworkTakesAnyNumberOfChannels() {
    Ran ran =
        Ran.of(
            "fim",
            "--model=resnet18",
            "--width=2",
            "--n=3",
            "--representation=diag",
            "--out=" + folder.resolve("F"));
    ran.well();
    assertThat(ran.out()).contains("resnet18", "3 examples");
  }
}
