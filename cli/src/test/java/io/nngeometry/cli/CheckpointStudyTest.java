package io.nngeometry.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.nngeometry.cli.training.Checkpoints;
import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Representation;
import io.nngeometry.models.data.Dataset;
import io.nngeometry.models.data.Digits;
import io.nngeometry.nn.Module;
import io.nngeometry.operators.PMat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The paper's section 3.1 in small: a training's states, compared. */
class CheckpointStudyTest {
  private static final long SEED = 3;
  private static final List<String> FIGURES =
      List.of("figure-3-solve", "figure-4-product", "figure-5-quadratic-form", "figure-6-trace");

  @TempDir private static Path folder;
  private static Path states;

  @BeforeAll
  static void train() {
    states = folder.resolve("states");
    Ran.of(
            "train",
            "--model=mlp",
            "--width=6",
            "--epochs=1",
            "--seed=" + SEED,
            "--thresholds=.3",
            "--evaluate-every=3",
            "--checkpoints=" + states,
            "--out=" + folder.resolve("weights.safetensors"))
        .well();
  }

  private static Ran compare(String name, String... more) {
    String[] all = new String[more.length + 3];
    all[0] = "compare";
    all[1] = "--checkpoints=" + states;
    all[2] = "--out=" + folder.resolve(name);
    System.arraycopy(more, 0, all, 3, more.length);
    return Ran.of(all);
  }

  private static JsonNode study(String name) throws IOException {
    return JsonMapper.builder()
        .build()
        .readTree(folder.resolve(name).resolve("study.json").toFile());
  }

  @Test
  void theDenseMatrixIsTheTruthAtEveryState() throws IOException {
    compare(
            "exact",
            "--estimator=exact",
            "--representations=dense,diag",
            "--n=30",
            "--vectors=3",
            "--damping=1e-2,1")
        .well();
    JsonNode found = study("exact").get("states");
    Checkpoints checkpoints = Checkpoints.read(states);
    assertThat(found).hasSize(checkpoints.entries().size()).hasSizeGreaterThanOrEqualTo(3);
    for (int k = 0; k < found.size(); k++) {
      JsonNode state = found.get(k);
      assertThat(state.get("checkpoint").get("file").asText())
          .isEqualTo(checkpoints.entries().get(k).file());
      assertThat(state.get("trace").asDouble())
          .isCloseTo(trace(checkpoints, checkpoints.entries().get(k)), within(1e-10));
      JsonNode dense = state.get("representations").get(0);
      assertThat(dense.get("trace").get("max").asDouble()).isLessThan(1e-10);
      assertThat(dense.get("quadratic_form").get("max").asDouble()).isLessThan(1e-10);
      assertThat(dense.get("product").get("min").asDouble()).isCloseTo(1, within(1e-10));
      for (JsonNode point : state.get("solves").get(0).get("points")) {
        assertThat(point.get("cosine").get("min").asDouble()).isCloseTo(1, within(1e-10));
      }
      JsonNode diag = state.get("representations").get(1);
      assertThat(diag.get("trace").get("max").asDouble()).isLessThan(1e-10);
      assertThat(diag.get("product").get("max").asDouble()).isBetween(-1.0, 0.999);
    }
  }

  /** By an independent path: the file's weights, the split of the training's seed, all of F. */
  private static double trace(Checkpoints checkpoints, Checkpoints.Entry entry) throws IOException {
    try (Scope scope = Scope.open();
        Dataset digits = Digits.test(SEED)) {
      Module net = Architecture.of(checkpoints.network()).build();
      checkpoints.load(entry, net);
      net.to(ScalarType.Double);
      Examples data = digits.take(30).as(ScalarType.Double).examples();
      try (PMat f = Fisher.of(net, Metric.categorical()).on(data).as(Representation.DENSE)) {
        return f.trace();
      }
    }
  }

  @Test
  void thePapersDesignIsTheDefaultAndEveryFileIsWhole() throws IOException {
    Ran ran = compare("paper", "--n=20", "--draws=2", "--vectors=2").well();
    Path out = folder.resolve("paper");
    for (String figure : FIGURES) {
      Artifacts.check(out.resolve(figure + ".png"));
      Artifacts.check(out.resolve(figure + ".svg"));
    }
    assertThat(out.resolve(Checkpoint.FILE)).doesNotExist();
    JsonNode study = study("paper");
    JsonNode settings = study.get("settings");
    assertThat(settings.get("estimator").asText()).isEqualTo("mc");
    assertThat(settings.get("trials").asInt()).isEqualTo(5);
    assertThat(settings.get("damping")).hasSize(14);
    assertThat(settings.get("data").asText()).isEqualTo("digits");
    assertThat(study.get("examples").asInt()).isEqualTo(20);
    int states = study.get("states").size();
    // traces, forms and products of four; five inverses, for kfac has two
    long refused = 0;
    for (JsonNode state : study.get("states")) {
      for (JsonNode solve : state.get("solves")) {
        refused += 14 - solve.get("points").size();
      }
    }
    List<String> lines = Files.readAllLines(out.resolve("study.csv"));
    assertThat(lines.get(0))
        .isEqualTo("checkpoint,step,test_accuracy,series,quantity,lambda,draw,vector,value");
    int all = 1 + states * 2 * (4 + 4 * 2 * 2 + 5 * 14 * 2);
    assertThat(lines).hasSizeLessThanOrEqualTo(all);
    assertThat((long) lines.size()).isGreaterThanOrEqualTo(all - refused * 4);
    assertThat(ran.out()).contains("figure 6", "quasi-diag", "#1");
    String svg = Files.readString(out.resolve("figure-3-solve.svg"));
    assertThat(svg).contains("initial, ", "kfac, factored", "damping λ");
  }

  @Test
  void anInterruptedOrKilledStudyGoesOnToTheSameNumbers() throws Exception {
    String[] same = {
      "--n=40", "--draws=4", "--vectors=2", "--representations=diag,kfac", "--damping=1e-2,1e-1"
    };
    compare("whole", same).well();
    Path parts = folder.resolve("parts");
    String[] child = new String[same.length + 3];
    child[0] = "compare";
    child[1] = "--checkpoints=" + states;
    child[2] = "--out=" + parts;
    System.arraycopy(same, 0, child, 3, same.length);
    int exitCode = Truths.interrupted(parts, "done:step-0000000.safetensors/0", child);
    assertThat(exitCode).isNotZero();
    String[] resumed = java.util.Arrays.copyOf(same, same.length + 1);
    resumed[same.length] = "--resume";
    String[] other = resumed.clone();
    other[0] = "--n=41";
    assertThat(compare("parts", other).complaint()).contains("--resume", "n 40, not 41");
    String[] again = java.util.Arrays.copyOf(child, child.length + 1);
    again[child.length] = "--resume";
    assertThat(Truths.killed(parts, "done:step-0000000.safetensors/2", again)).isNotZero();
    assertThat(parts.resolve("study.csv")).doesNotExist();
    compare("parts", resumed).well();
    assertThat(parts.resolve("study.csv"))
        .hasSameBinaryContentAs(folder.resolve("whole").resolve("study.csv"));
    assertThat(study("parts").get("states")).isEqualTo(study("whole").get("states"));
    assertThat(parts.resolve(Checkpoint.FILE)).doesNotExist();
  }

  @Test
  void theAuthorsResidualIsNotOneEvenForTheTrueMatrix() throws IOException {
    String[] dense = {
      "--estimator=exact",
      "--representations=dense",
      "--n=3", // so that F is zero along most directions
      "--vectors=3",
      "--damping=1e-6,1e3",
      "--residual=script"
    };
    compare("script", dense).well();
    JsonNode study = study("script");
    assertThat(study.get("settings").get("residual").asText()).isEqualTo("script");
    for (JsonNode state : study.get("states")) {
      JsonNode points = state.get("solves").get(0).get("points");
      // F (F + l)^-1 v + l v is v on the 27 directions of 464 that F knows, and l v on the others
      assertThat(points.get(0).get("cosine").get("max").asDouble()).isBetween(0.05, 0.5);
      assertThat(points.get(1).get("cosine").get("min").asDouble()).isCloseTo(1, within(1e-6));
    }
    assertThat(Files.readString(folder.resolve("script").resolve("figure-3-solve.svg")))
        .contains("F(F′ + λ)⁻¹v + λv");
    dense[5] = "--residual=text";
    compare("text", dense).well();
    for (JsonNode state : study("text").get("states")) {
      JsonNode points = state.get("solves").get(0).get("points");
      assertThat(points.get(0).get("cosine").get("min").asDouble()).isCloseTo(1, within(1e-6));
    }
  }

  @Test
  void whatMakesNoSenseIsRefused() throws IOException {
    assertThat(Ran.of("compare", "--checkpoints=" + folder.resolve("none")).complaint())
        .contains("nngeometry train --checkpoints");
    assertThat(compare("w", "--weights=some.safetensors").complaint()).contains("--weights");
    assertThat(Ran.of("compare", "--resume").complaint()).contains("--checkpoints");
    assertThat(compare("m", "--model=mlp").complaint()).contains("--model", "leave it out");
    assertThat(compare("p", "--split=train").complaint()).contains("--split", "leave it out");
    assertThat(compare("n", "--n=451").complaint()).contains("--n");
    assertThat(compare("d", "--n=5", "--data=npy:" + folder.resolve("x.npy")).complaint())
        .contains("x.npy", "no such file");
  }
}
