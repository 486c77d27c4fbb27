package io.nngeometry.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.Npy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small training followed by its kernels. */
class NtkEvolutionCommandTest {
  private static final List<String> COMMON =
      List.of("ntk-evolution", "--pair=1,7", "--per-class=20", "--seed=2");

  @TempDir private static Path folder;
  private static JsonNode results;

  private static Ran ran(String out, String... more) {
    List<String> words = new java.util.ArrayList<>(COMMON);
    words.add("--out=" + folder.resolve(out));
    words.addAll(List.of(more));
    return Ran.of(words.toArray(String[]::new));
  }

  @BeforeAll
  static void run() {
    results = ran("whole", "--model=mlp", "--epochs=4", "--columns=3", "--json").well().json();
  }

  @Test
  void theKernelAlignsWithTheClassesAsTheNetworkLearns() {
    JsonNode states = results.get("checkpoints");
    JsonNode first = states.get(0);
    JsonNode last = states.get(states.size() - 1);
    assertThat(states.size()).isGreaterThan(5);
    assertThat(first.get("epoch").asDouble()).isZero();
    assertThat(last.get("epoch").asDouble()).isEqualTo(4);
    assertThat(first.get("test_accuracy").asDouble()).isLessThan(0.3);
    assertThat(last.get("test_accuracy").asDouble()).isGreaterThan(0.8);
    assertThat(last.get("pair_accuracy").asDouble()).isGreaterThan(0.9);
    assertThat(last.get("centred_alignment").asDouble())
        .isGreaterThan(first.get("centred_alignment").asDouble() + 0.1);
    assertThat(first.get("distance_from_initial").asDouble()).isZero();
    assertThat(last.get("distance_from_initial").asDouble()).isBetween(1e-3, 1.0);
  }

  /** The same kernel by 'nngeometry ntk', on the same examples with the state's own weights. */
  @Test
  void aStateHasTheKernelOfItsWeights() throws IOException {
    JsonNode states = results.get("checkpoints");
    JsonNode last = states.get(states.size() - 1);
    try (Scope scope = Scope.open()) {
      Tensor before = kernel(states.get(0).get("file").asText());
      Tensor k = kernel(last.get("file").asText());
      assertThat(last.get("mean_squared_norm").asDouble())
          .isCloseTo(Tensors.item(k.trace()) / 40, within(1e-3 * Tensors.item(k.trace()) / 40));
      assertThat(last.get("distance_from_initial").asDouble())
          .isCloseTo(
              1
                  - Tensors.item(k.mul(before).sum())
                      / Tensors.item(k.norm())
                      / Tensors.item(before.norm()),
              within(1e-4));
    }
  }

  /** K of f_7 - f_1 on the first 20 held-out examples of either class. */
  private static Tensor kernel(String weights) throws IOException {
    Path out = folder.resolve(weights + ".npy");
    Ran.of(
            "ntk",
            "--model=mlp",
            "--weights=" + folder.resolve("whole").resolve("checkpoints").resolve(weights),
            "--seed=2",
            "--split=test",
            "--outputs=7-1",
            "--out=" + out)
        .well();
    Tensor all = Npy.read(out);
    Tensor labels =
        io.nngeometry.models.data.DataSource.of("digits")
            .load(
                io.nngeometry.models.data.Selection.DEFAULT
                    .part(io.nngeometry.models.data.Part.TEST)
                    .seed(2))
            .targets()
            .orElseThrow();
    Tensor chosen = Tensors.cat(List.of(first(labels, 1), first(labels, 7)), 0);
    return all.select(2, 0).select(0, 0).index_select(0, chosen).index_select(1, chosen);
  }

  private static Tensor first(Tensor labels, long label) {
    return labels.eq(Tensors.scalar(label)).nonzero().view(-1).narrow(0, 0, 20);
  }

  @Test
  void filesAreWhole() throws IOException {
    Path whole = folder.resolve("whole");
    for (String name :
        List.of(
            "evolution.json",
            "evolution.csv",
            "components.csv",
            "gram.png",
            "gram.svg",
            "alignment.png",
            "alignment.svg")) {
      Artifacts.check(whole.resolve(name));
    }
    int states = results.get("checkpoints").size();
    assertThat(Files.readAllLines(whole.resolve("evolution.csv"))).hasSize(states + 1);
    assertThat(Files.readAllLines(whole.resolve("components.csv"))).hasSize(40 * states + 1);
    assertThat(Files.readString(whole.resolve("gram.svg"))).contains("initial", "step ");
  }

  @Test
  void checkpointsOfATrainingGiveTheSame() {
    Path states = folder.resolve("whole").resolve("checkpoints");
    JsonNode again = ran("again", "--checkpoints=" + states, "--json").well().json();
    assertThat(again.get("checkpoints")).isEqualTo(results.get("checkpoints"));
  }

  @Test
  void mistakesAreNamed() throws IOException {
    Path states = folder.resolve("whole").resolve("checkpoints");
    Ran seed = Ran.of("ntk-evolution", "--checkpoints=" + states, "--out=" + folder.resolve("x"));
    assertThat(seed.exitCode()).isEqualTo(1);
    assertThat(seed.complaint()).contains("was trained with --seed 2", "add --seed 2");
    assertThat(ran("x", "--checkpoints=" + folder.resolve("none")).complaint())
        .contains("nngeometry train --checkpoints");
    Ran same = Ran.of("ntk-evolution", "--pair=3,3", "--out=" + folder.resolve("x"));
    assertThat(same.exitCode()).isEqualTo(2);
    assertThat(same.complaint()).contains("--pair needs two different classes");
    Ran none = Ran.of("ntk-evolution", "--pair=3,11", "--epochs=0", "--out=" + folder.resolve("x"));
    assertThat(none.complaint()).contains("--pair: class 11 has 0 held-out examples");
  }
}
