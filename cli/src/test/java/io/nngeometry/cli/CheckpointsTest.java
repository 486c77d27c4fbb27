package io.nngeometry.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.nngeometry.cli.training.Accuracy;
import io.nngeometry.cli.training.Checkpoints;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.CorruptFileException;
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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointsTest {
  @TempDir private Path folder;

  private Ran train(String... more) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "train",
                "--model=mlp",
                "--width=7",
                "--epochs=2",
                "--out=" + folder.resolve("net.safetensors"),
                "--checkpoints=" + folder.resolve("states")));
    args.addAll(List.of(more));
    return Ran.of(args.toArray(String[]::new));
  }

  @Test
  void eachThresholdHasTheFirstStateThatExceedsIt() throws IOException {
    train("--thresholds=.5,.2,.3,.4,.99", "--evaluate-every=1").well();
    Checkpoints checkpoints = Checkpoints.read(folder.resolve("states"));
    assertThat(checkpoints.data()).containsEntry("data", "digits").containsEntry("seed", "0");
    assertThat(checkpoints.network())
        .containsEntry("model", "mlp")
        .containsEntry("input", "1x8x8")
        .containsEntry("classes", "10")
        .containsEntry("width", "7");
    List<Checkpoints.Entry> entries = checkpoints.entries();
    assertThat(entries.get(0).step()).isZero();
    assertThat(entries.get(0).title()).startsWith("initial, ");
    assertThat(entries.get(entries.size() - 1).step()).isEqualTo(2 * 43);
    assertThat(entries).isSortedAccordingTo((a, b) -> Long.compare(a.step(), b.step()));
    assertThat(entries.stream().flatMap(e -> e.thresholds().stream()))
        .containsExactly(0.2, 0.3, 0.4, 0.5); // 0.99 is never reached
    double before = 0;
    Module net = Architecture.of(checkpoints.network()).build();
    try (Dataset digits = Digits.test(0)) {
      for (Checkpoints.Entry entry : entries) {
        checkpoints.load(entry, net);
        assertThat(net.isTraining()).isFalse();
        assertThat(Accuracy.of(net, 1, digits.examples()).orElseThrow())
            .isCloseTo(entry.testAccuracy(), within(1e-12));
        for (double threshold : entry.thresholds()) {
          assertThat(entry.testAccuracy()).isGreaterThan(threshold);
          assertThat(before).isLessThanOrEqualTo(threshold);
        }
        before = Math.max(before, entry.testAccuracy());
        try (TensorFile file = Safetensors.read(checkpoints.file(entry))) {
          assertThat(file.metadata())
              .containsEntry("epoch", Integer.toString(entry.epoch()))
              .containsEntry("step", Long.toString(entry.step()))
              .containsEntry("test_accuracy", Double.toString(entry.testAccuracy()))
              .containsEntry("model", "mlp");
        }
      }
    }
  }

  @Test
  void theLastStateIsTheWeightsAndEveryEpochIsKeptIfAsked() throws IOException {
    train("--keep-every=1").well();
    Checkpoints checkpoints = Checkpoints.read(folder.resolve("states"));
    assertThat(checkpoints.entries().stream().map(Checkpoints.Entry::epoch))
        .containsExactly(0, 1, 2);
    try (Scope scope = Scope.open();
        TensorFile last = Safetensors.read(checkpoints.file(checkpoints.entries().get(2)));
        TensorFile weights = Safetensors.read(folder.resolve("net.safetensors"))) {
      assertThat(last.tensors().keySet()).isEqualTo(weights.tensors().keySet());
      weights
          .tensors()
          .forEach(
              (name, w) ->
                  assertThat(Tensors.toArray(w)).isEqualTo(Tensors.toArray(last.get(name))));
    }
  }

  @Test
  void aNewTrainingTakesTheFormerOnesPlace() throws IOException {
    train("--keep-every=1").well();
    train("--train-batch=1000").well();
    try (Stream<Path> files = Files.list(folder.resolve("states"))) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "checkpoints.json",
              "training.safetensors",
              "step-0000000.safetensors",
              "step-0000004.safetensors");
    }
  }

  @Test
  void resumingWithOtherOptionsIsRefused() {
    train().well();
    Ran other = train("--resume", "--lr=0.3");
    assertThat(other.exitCode()).isEqualTo(1);
    assertThat(other.complaint()).contains("--resume", "begun with lr 0.05, not 0.3");
    assertThat(train("--resume").well().out()).contains("mlp after 2 epochs");
  }

  @Test
  void whatIsNoFolderOfStatesIsRefusedByName() throws IOException {
    Path states = Files.createDirectory(folder.resolve("states"));
    assertThatThrownBy(() -> Checkpoints.read(states))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("nngeometry train --checkpoints");
    Path index = states.resolve(Checkpoints.INDEX);
    for (String text :
        new String[] {
          "no json",
          "{\"format\": \"other\", \"version\": 1}",
          "null",
          "{\"format\": \"nngeometry-checkpoints\", \"version\": 1}",
          "{\"format\": \"nngeometry-checkpoints\", \"version\": 1, \"network\": {}, \"data\": {},"
              + " \"checkpoints\": [{\"file\": \"../net.safetensors\", \"thresholds\": []}]}"
        }) {
      Files.writeString(index, text);
      assertThatThrownBy(() -> Checkpoints.read(states))
          .as(text)
          .isInstanceOf(CorruptFileException.class)
          .hasMessageContaining(Checkpoints.INDEX);
    }
  }

  @Test
  void statesNeedAFolder() {
    for (String option : new String[] {"--resume", "--thresholds=.5", "--keep-every=1"}) {
      Ran ran = Ran.of("train", option);
      assertThat(ran.exitCode()).isEqualTo(2);
      assertThat(ran.complaint()).contains(option.split("=")[0], "needs --checkpoints DIR");
    }
  }
}
