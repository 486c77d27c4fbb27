package io.nngeometry.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.Npy;
import io.nngeometry.models.data.DataSource;
import io.nngeometry.models.data.Dataset;
import io.nngeometry.models.data.Part;
import io.nngeometry.models.data.Selection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Kernels of a small perceptron on digits, held against their definitions. */
class NtkCommandTest {
  private static final long N = 40;
  private static final double RIDGE = 1e-2;
  @TempDir private Path folder;

  private String[] words(String out, String... more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "ntk",
                "--model=mlp",
                "--width=8",
                "--dtype=float64",
                "--seed=3",
                "--n=" + N,
                "--batch=16",
                "--ridge=" + RIDGE,
                "--out=" + folder.resolve(out + ".npy")));
    for (String word : more) { // an option is given once
      words.removeIf(w -> w.startsWith(word.split("=", 2)[0] + "="));
      words.add(word);
    }
    return words.toArray(String[]::new);
  }

  private JsonNode run(String out, String... more) {
    String[] all = words(out, more);
    all = Arrays.copyOf(all, all.length + 1);
    all[all.length - 1] = "--json";
    return Ran.of(all).well().json();
  }

  private Tensor kernel(String out) throws IOException {
    return Npy.read(folder.resolve(out + ".npy"));
  }

  private static Tensor overOutputs(Tensor k) {
    return k.diagonal(0, 0, 2).sum(-1);
  }

  private static Dataset digits(Part part) throws IOException {
    return DataSource.of("digits").load(Selection.DEFAULT.part(part).seed(3).first(N));
  }

  private static double apart(Tensor a, Tensor b) {
    return Tensors.item(a.sub(b).norm()) / Tensors.item(b.norm());
  }

  @Test
  void theNumbersAreThoseOfTheKernelThatIsWritten() throws IOException {
    try (Scope scope = Scope.open();
        Dataset data = digits(Part.TEST)) {
      JsonNode found = run("k", "--plot", "--pca");
      Tensor all = kernel("k");
      assertThat(Tensors.shape(all)).containsExactly(10, N, 10, N);
      assertThat(found.get("kernel").get("trace").asDouble())
          .isCloseTo(Tensors.item(overOutputs(all).trace()), within(1e-8));
      Tensor k = overOutputs(all);
      double[] values = Tensors.toArray(torch.linalg_eigvalsh(k));
      JsonNode spectrum = found.get("spectrum");
      assertThat(spectrum.get("eigenvalues")).hasSize((int) N);
      assertThat(spectrum.get("eigenvalues").get(0).asDouble())
          .isCloseTo(values[values.length - 1], within(1e-8));
      assertThat(spectrum.get("stable_rank").asDouble())
          .isCloseTo(Arrays.stream(values).sum() / values[values.length - 1], within(1e-8));
      Tensor y = data.targets().orElseThrow();
      Tensor same = y.unsqueeze(1).eq(y.unsqueeze(0)).to(ScalarType.Double);
      assertThat(found.get("labels").get("alignment").asDouble())
          .isCloseTo(
              Tensors.item(k.mul(same).sum()) / Tensors.item(k.norm()) / Tensors.item(same.norm()),
              within(1e-10));
      assertThat(found.get("labels").get("ridge").get("accuracy").asDouble())
          .isCloseTo(leaveOneOut(k, y), within(1e-12))
          .isBetween(0.3, 1.0);
      assertThat(found.get("components")).hasSize(2);
      List<String> names = new ArrayList<>();
      for (JsonNode file : found.get("files")) {
        Path path = Path.of(file.asText());
        names.add(path.getFileName().toString());
        if (!path.toString().endsWith(".npy")) {
          Artifacts.check(path);
        }
      }
      assertThat(names)
          .containsExactlyInAnyOrder(
              "k.npy", "k.json", "k.csv", "k.png", "k.svg", "k-pca.csv", "k-pca.png", "k-pca.svg");
      assertThat(folder.toFile().list()).containsExactlyInAnyOrderElementsOf(names);
    }
  }

  /** By regressions that leave out one example after the other. */
  private static double leaveOneOut(Tensor k, Tensor y) {
    double lambda = RIDGE * Tensors.item(k.trace()) / N;
    Tensor oneHot = torch.one_hot(y, 10).to(ScalarType.Double);
    long right = 0;
    for (long i = 0; i < N; i++) {
      Tensor rest = torch.arange(Tensors.scalar(N)).ne(Tensors.scalar(i)).nonzero().view(-1);
      Tensor mine = k.index_select(0, rest);
      Tensor damped =
          mine.index_select(1, rest).add(Tensors.eye(k, N - 1).mul(Tensors.scalar(lambda)));
      Tensor scores =
          mine.select(1, i).matmul(torch.linalg_solve(damped, oneHot.index_select(0, rest)));
      right +=
          Tensors.item(scores.argmax(new LongOptional(0), false).eq(y.select(0, i))) > 0 ? 1 : 0;
    }
    return (double) right / N;
  }

  @Test
  void aKernelThatDoesNotFitIsTheSameOnDisk() throws IOException {
    try (Scope scope = Scope.open()) {
      JsonNode memory = run("memory");
      JsonNode disk = run("disk", "--memory=1000KiB"); // 400 x 400 numbers take 1250 KiB
      assertThat(memory.get("kernel").get("storage").asText()).isEqualTo("memory");
      assertThat(disk.get("kernel").get("storage").asText()).isEqualTo("disk");
      assertThat(apart(kernel("disk"), kernel("memory"))).isLessThan(1e-12);
      for (String part : new String[] {"effective_rank", "stable_rank"}) {
        assertThat(disk.get("spectrum").get(part).asDouble())
            .isCloseTo(memory.get("spectrum").get(part).asDouble(), within(1e-9));
      }
      assertThat(disk.get("kernel").get("trace").asDouble())
          .isCloseTo(memory.get("kernel").get("trace").asDouble(), within(1e-8));
      Ran centred = Ran.of(words("c", "--memory=1000KiB", "--centred"));
      assertThat(centred.exitCode()).isEqualTo(1);
      assertThat(centred.complaint()).contains("--centred: ", "does not fit in memory");
    }
  }

  @Test
  void optionsSelectOutputsLayersAndCentre() throws IOException {
    try (Scope scope = Scope.open()) {
      run("all");
      Tensor all = kernel("all");
      run("one", "--outputs=7");
      assertThat(apart(kernel("one"), all.narrow(0, 7, 1).narrow(2, 7, 1))).isLessThan(1e-12);
      run("sum", "--outputs=sum");
      assertThat(apart(kernel("sum").view(N, N), all.sum(0, 2))).isLessThan(1e-12);
      run("difference", "--outputs=3-5");
      Tensor three = all.select(0, 3);
      Tensor five = all.select(0, 5);
      Tensor expected =
          three.select(1, 3).sub(three.select(1, 5)).sub(five.select(1, 3)).add(five.select(1, 5));
      assertThat(apart(kernel("difference").view(N, N), expected)).isLessThan(1e-12);
      run("fc1", "--layers=fc1");
      run("fc2", "--layers=fc2");
      assertThat(apart(kernel("fc1").add(kernel("fc2")), all)).isLessThan(1e-12);
      run("centred", "--outputs=7", "--centred");
      Tensor h = Tensors.eye(all, N).sub(Tensors.scalar(1.0 / N));
      Tensor k = kernel("one").view(N, N);
      assertThat(apart(kernel("centred").view(N, N), h.matmul(k).matmul(h))).isLessThan(1e-12);
    }
  }

  @Test
  void againstOtherExamplesItIsABlockAndTheRegressionIsTrainedOnThem() throws IOException {
    try (Scope scope = Scope.open();
        Dataset test = digits(Part.TEST);
        Dataset train = digits(Part.TRAIN)) {
      JsonNode found = run("cross", "--against=train", "--plot");
      run("train", "--split=train");
      run("train2", "--split=train", "--against=train");
      assertThat(apart(kernel("train2"), kernel("train"))).isLessThan(1e-12);
      Tensor k = overOutputs(kernel("train"));
      Tensor cross = overOutputs(kernel("cross"));
      double lambda = RIDGE * Tensors.item(k.trace()) / N;
      Tensor y = torch.one_hot(train.targets().orElseThrow(), 10).to(ScalarType.Double);
      Tensor damped = k.add(Tensors.eye(k, N).mul(Tensors.scalar(lambda)));
      Tensor scores = cross.matmul(torch.linalg_solve(damped, y));
      Tensor right = scores.argmax(new LongOptional(1), false).eq(test.targets().orElseThrow());
      JsonNode ridge = found.get("labels").get("ridge");
      assertThat(ridge.get("on").asText()).isEqualTo("rows");
      assertThat(ridge.get("accuracy").asDouble())
          .isCloseTo(Tensors.item(right.sum()) / N, within(1e-12));
      Artifacts.check(folder.resolve("cross.png"));
      Npy.write(folder.resolve("x.npy"), train.inputs());
      run("other", "--against=npy:" + folder.resolve("x.npy"));
      assertThat(apart(kernel("other"), kernel("cross"))).isLessThan(1e-6); // float32 pixels
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--outputs=3-3 | no outputs '3-3'",
        "--outputs=some | there are all, sum",
        "--outputs=10 | there is no output 10",
        "--outputs=99-0 | there is no output 99",
        "--against=nothing | --against: no data called 'nothing'",
        "--against=npy:none.npy | --against npy:none.npy",
        "--ridge=0 | --ridge must be a number above zero",
        "--layers=fc7 | no layer or parameter is called 'fc7'",
        "--memory=1KiB | --memory",
      })
  void mistakesAreNamed(String option, String complaint) {
    Ran ran = Ran.of(words("k", option));
    assertThat(ran.exitCode()).isNotZero();
    assertThat(ran.complaint()).contains(complaint);
  }

  @Test
  void componentsNeedOneSet() throws IOException {
    assertThat(Ran.of(words("k", "--pca", "--against=train")).complaint())
        .contains("--pca needs the kernel of one set");
    Ran text = Ran.of(words("k")).well();
    assertThat(text.out()).contains("effective rank", "alignment with labels", "leave-one-out");
    assertThat(Files.exists(folder.resolve("k.npy.part"))).isFalse();
  }
}
