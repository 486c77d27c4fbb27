package io.nngeometry.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.Safetensors;
import io.nngeometry.io.TensorFile;
import io.nngeometry.models.data.Dataset;
import io.nngeometry.models.data.Digits;
import io.nngeometry.nn.Module;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainCommandTest {
  @TempDir private Path folder;

  private Path file(String name) {
    return folder.resolve(name);
  }

  /** Trains for one epoch, unless {@code more} says otherwise. */
  private Ran train(String out, String... more) {
    List<String> args = new ArrayList<>(List.of("train", "--model=mlp", "--out=" + file(out)));
    args.addAll(List.of(more));
    if (args.stream().noneMatch(arg -> arg.startsWith("--epochs"))) {
      args.add("--epochs=1");
    }
    return Ran.of(args.toArray(String[]::new));
  }

  @Test
  void writesWhatItSays() throws IOException {
    JsonNode report = train("net.safetensors", "--epochs=2", "--json").well().json();
    assertThat(report.get("model").asText()).isEqualTo("mlp");
    assertThat(report.get("settings").get("epochs").asInt()).isEqualTo(2);
    JsonNode epochs = report.get("history").get("epochs");
    assertThat(epochs).hasSize(3); // the untrained network too
    assertThat(epochs.get(2).get("train_loss").asDouble())
        .isPositive()
        .isLessThan(epochs.get(0).get("train_loss").asDouble());
    assertThat(epochs.get(2).get("test_accuracy").asDouble()).isBetween(0.5, 1.0);

    assertThat(report.get("files")).hasSize(4);
    for (JsonNode name : report.get("files")) {
      Artifacts.check(Path.of(name.asText()));
    }
    assertThat(folder.toFile().list())
        .containsExactlyInAnyOrder(
            "net.safetensors", "net-training.png", "net-training.svg", "net-history.json");
    JsonNode saved = JsonMapper.builder().build().readTree(file("net-history.json").toFile());
    assertThat(saved).isEqualTo(report);
  }

  @Test
  void theWeightsHaveTheStatedAccuracy() throws IOException {
    Ran ran = train("net.safetensors", "--seed=3").well();
    String facts;
    double accuracy;
    try (Scope scope = Scope.open();
        GradMode none = GradMode.disabled();
        TensorFile weights = Safetensors.read(file("net.safetensors"));
        Dataset digits = Digits.test(3)) {
      assertThat(weights.metadata())
          .containsEntry("model", "mlp")
          .containsEntry("epochs", "1")
          .containsEntry("seed", "3");
      facts = weights.metadata().get("test_accuracy");
      Module net = Truths.forDigits(NetworkKind.MLP);
      net.load(weights.tensors());
      net.eval();
      Tensor guesses = net.forward(digits.inputs()).argmax(new LongOptional(1), false);
      double right = Tensors.item(guesses.eq(digits.targets().orElseThrow()).sum());
      accuracy = right / digits.size();
    }
    assertThat(Double.parseDouble(facts)).isCloseTo(accuracy, within(1e-12));
    assertThat(ran.out())
        .contains("mlp after 1 epochs", "written: " + file("net.safetensors"))
        .contains(String.format(Locale.ROOT, "on held-out ones %.1f%%", 100 * accuracy));
  }

  @Test
  void theSeedDecidesEverything() throws IOException {
    for (String[] run : List.of(new String[] {"a", "5"}, new String[] {"b", "5"})) {
      train(run[0], "--seed=" + run[1]).well();
    }
    train("c", "--seed=6").well();
    train("d", "--seed=5", "--optimiser=adam").well();
    assertThat(file("a")).hasSameBinaryContentAs(file("b"));
    for (String other : List.of("c", "d")) {
      try (TensorFile a = Safetensors.read(file("a"));
          TensorFile b = Safetensors.read(file(other))) {
        assertThat(a.tensors().keySet()).isEqualTo(b.tensors().keySet());
        for (String name : a.tensors().keySet()) {
          assertThat(Tensors.toArray(a.get(name))).isNotEqualTo(Tensors.toArray(b.get(name)));
        }
      }
    }
  }

  @Test
  void withoutEpochsTheNetworkIsAsDrawn() throws IOException {
    JsonNode report = train("drawn", "--epochs=0", "--seed=4", "--json").well().json();
    assertThat(report.get("history").get("epochs")).hasSize(1);
    Module drawn = Truths.forDigits(NetworkKind.MLP);
    drawn.initialize(4);
    try (TensorFile saved = Safetensors.read(file("drawn"))) {
      drawn
          .state()
          .forEach(
              (name, value) ->
                  assertThat(Tensors.toArray(saved.get(name))).isEqualTo(Tensors.toArray(value)));
    }
  }

  @Test
  void itsWeightsAreReadByCompareForTheSameNetworkOnly() {
    train("net.safetensors").well();
    Ran other =
        Ran.of(
            "compare",
            "--model=small-conv",
            "--weights=" + file("net.safetensors"),
            "--out=" + file("out"));
    assertThat(other.exitCode()).isEqualTo(1);
    assertThat(other.err().lines()).hasSize(1);
    assertThat(other.complaint())
        .contains("net.safetensors", "weights of mlp, not of small-conv", "--model mlp");
  }

  @Test
  void aFailureLeavesTheFormerFilesAlone() throws IOException {
    train("net.safetensors").well();
    byte[] before = Files.readAllBytes(file("net.safetensors"));
    String[] files = folder.toFile().list();
    Ran ran = train("net.safetensors", "--lr=1e30");
    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.complaint()).contains("the loss is", "lower the learning rate");
    assertThat(file("net.safetensors")).hasBinaryContent(before);
    assertThat(folder.toFile().list()).containsExactlyInAnyOrder(files);
  }

  @Test
  void progressIsALineOrABar() {
    assertThat(train("a").well().err()).matches("training: \\d+\\.\\d s, loss .*, right .*%\\R");
    assertThat(train("a", "--progress").well().err())
        .contains("\rtraining ", "43/43", "100%", "loss ")
        .endsWith(System.lineSeparator());
  }

  @Test
  void directoriesAreMade() {
    train("deep/down/net.safetensors", "--epochs=0").well();
    assertThat(file("deep/down/net-history.json")).isRegularFile();
  }
}
