package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.Npy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** 'nngeometry ntk' on every golden program writes the kernel that brute force gives. */
class NtkGoldenTest {
  private static final double TOLERANCE = 1e-10;

  @TempDir private Path folder;

  static List<String> nets() {
    return Golden.names();
  }

  private Tensor kernel(Golden golden, String... more) throws IOException {
    Path out = folder.resolve("K.npy");
    List<String> words =
        new ArrayList<>(
            List.of(
                "ntk",
                "--model",
                golden.programFile().toString(),
                "--data",
                "safetensors:" + golden.dataFile(),
                "--out",
                out.toString()));
    words.addAll(List.of(more));
    Command.run(words).well();
    return Npy.read(out);
  }

  private static void same(Tensor k, Tensor truth) {
    assertThat(Tensors.shape(k)).isEqualTo(Tensors.shape(truth));
    assertThat(Tensors.type(k)).isEqualTo(Tensors.type(truth));
    assertThat(Calculus.relativeError(k, truth)).isLessThan(TOLERANCE);
  }

  @ParameterizedTest
  @MethodSource("nets")
  void theFileIsTheTrueKernel(String name) throws IOException {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      Tensor truth = golden.expected("truth.gram");
      same(kernel(golden, "--outputs", "all"), truth);
      same(kernel(golden, "--centred"), golden.expected("truth.centered.gram"));
      String other = "safetensors:" + golden.dataFile();
      same(kernel(golden, "--against", other, "--batch", "3"), truth);
      same(
          kernel(golden, "--outputs", "sum"),
          truth.sum(0, 2).unsqueeze(0).unsqueeze(2).contiguous());
      long last = golden.outputs() - 1;
      if (last > 0) {
        Tensor rows = truth.select(0, last).sub(truth.select(0, 0));
        Tensor k = rows.select(1, last).sub(rows.select(1, 0));
        same(kernel(golden, "--outputs", last + "-0"), k.unsqueeze(0).unsqueeze(2).contiguous());
      }
    }
  }
}
