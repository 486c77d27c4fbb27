package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.nngeometry.engine.Engine;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.SymmetricEigen;
import io.nngeometry.engine.Tensors;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Either BLAS is loaded where it is asked for, and computes the same. A process has one for good.
 */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class BlasTest {
  /** Prints which BLAS libtorch is linked to, then numbers that it computed on two threads. */
  static final class Computing {
    public static void main(String[] arguments) {
      Engine.setThreads(2);
      System.out.println("blas " + Loader.getLoadedLibraries().get("openblas@.0"));
      try (Scope scope = Scope.open()) {
        Tensor a = Tensors.randn(0, Tensors.options(ScalarType.Double), 300, 200);
        Tensor square = torch.mm(a, a.t());
        System.out.println("number " + square.norm().item_double());
        System.out.println("number " + SymmetricEigen.of(square).values().get(299).item_double());
        System.out.println(
            "number " + torch.linalg_cholesky(torch.mm(a.t(), a)).sum().item_double());
      }
    }
  }

  @Test
  void bothComputeTheSame(@TempDir Path folder) throws Exception {
    List<String> open = lines(folder, "openblas");
    List<String> mkl = lines(folder, "mkl");
    assertThat(open.get(0)).doesNotContain("/mkl");
    assertThat(mkl.get(0)).contains("/mkl");
    List<Double> expected = numbers(open);
    assertThat(expected).hasSize(3);
    for (int k = 0; k < 3; k++) {
      assertThat(numbers(mkl).get(k)).isCloseTo(expected.get(k), within(1e-11 * expected.get(k)));
    }
  }

  private static List<String> lines(Path folder, String blas) throws Exception {
    Map<String, String> choice = Map.of("JAVA_TOOL_OPTIONS", "-Dnngeometry.blas=" + blas);
    return ChildProcess.lines(Computing.class, folder, choice).stream()
        .filter(line -> line.startsWith("blas ") || line.startsWith("number "))
        .toList();
  }

  private static List<Double> numbers(List<String> lines) {
    return lines.stream()
        .filter(line -> line.startsWith("number "))
        .map(line -> Double.parseDouble(line.substring("number ".length())))
        .toList();
  }
}
