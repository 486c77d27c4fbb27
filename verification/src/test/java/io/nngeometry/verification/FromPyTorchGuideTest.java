package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Representation;
import io.nngeometry.io.OperatorFile;
import io.nngeometry.io.program.ExportedProgram;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.PMat;
import io.nngeometry.vectors.PVector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The Java code of docs/from-pytorch.md, run on the golden programs. */
class FromPyTorchGuideTest {
  private static final String START = "// the guide's lines";
  private static final String END = "// end of the guide's lines";

  @TempDir Path directory;

  static List<String> nets() {
    return Golden.names();
  }

  @ParameterizedTest
  @MethodSource("nets")
  void theFiveLinesRun(String name) throws IOException {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      if (golden.classification() != Metric.categorical() && golden.outputs() == 1) {
        return; // the guide's metric needs two classes
      }
      Tensor x = golden.input("x");
      Tensor labels = golden.input("y");
      Files.copy(golden.programFile(), directory.resolve("net.pt2"));
      PMat result = guide(x, labels);
      assertThat(Files.size(directory.resolve("fisher.safetensors"))).isPositive();
      assertThat(result.layers().size()).isEqualTo(golden.parameters());
    }
  }

  @ParameterizedTest
  @MethodSource("nets")
  void theCommandsRun(String name) throws IOException {
    Golden golden = Golden.read(name);
    if (golden.outputs() == 1) {
      return; // the guide's metric needs two classes
    }
    Files.copy(golden.programFile(), path("net.pt2"));
    Files.copy(golden.dataFile(), path("net.safetensors"));
    List<String> commands = commands();
    assertThat(commands).hasSize(10);
    for (String line : commands) {
      String placed = line.replaceAll("[\\w-]+\\.(pt2|safetensors)", directory.toString() + "/$0");
      // these write into a directory of their own name
      String out =
          line.matches("nngeometry (compare|spectrum|solve) .*") ? " --out=" + path("d") : "";
      String[] words = (placed + out).split(" ");
      Command.run(List.of(words).subList(1, words.length)).well();
    }
    for (String file : List.of("F-kfac", "F-diag", "step", "J", "H")) {
      assertThat(path(file + ".safetensors")).isNotEmptyFile();
    }
  }

  /** The guide's command lines. */
  private static List<String> commands() throws IOException {
    return Files.readString(Path.of("../docs/from-pytorch.md"))
        .lines()
        .filter(line -> line.startsWith("nngeometry "))
        .toList();
  }

  /** The guide's lines, with its files in the test's directory. */
  @SuppressWarnings("UnusedVariable")
  private PMat guide(Tensor x, Tensor labels) throws IOException {
    // the guide's lines
    ExportedProgram net = ExportedProgram.load(path("net.pt2"));
    Examples data = Examples.of(x, labels).batches(100);
    PMat F = Fisher.of(net, Metric.categorical()).on(data).as(Representation.KFAC);
    PVector step = F.solve(PVector.random(F.layers(), 1), Damping.tikhonov(1e-3));
    OperatorFile.write(path("fisher.safetensors"), F, Map.of("n", "7"));
    // end of the guide's lines
    return F;
  }

  private Path path(String name) {
    return directory.resolve(name);
  }

  @Test
  void theGuideHoldsTheLinesThatRun() throws IOException {
    String guide = Files.readString(Path.of("../docs/from-pytorch.md"));
    String mine =
        Files.readString(
            Path.of("src/test/java/io/nngeometry/verification/FromPyTorchGuideTest.java"));
    String lines =
        mine.substring(mine.lastIndexOf("    " + START + "\n"), mine.lastIndexOf("    " + END));
    Arrays.stream(lines.split("\n", -1))
        .skip(1)
        .map(line -> line.strip().replace("path(", "Path.of("))
        .filter(line -> !line.isEmpty())
        .forEach(line -> assertThat(guide).contains("\n" + line + "\n"));
  }
}
