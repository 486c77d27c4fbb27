package io.nngeometry.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No convolution shape may kill the process; the sweep runs in one of its own. */
class ConvolutionCrashTest {
  @Test
  void convolutionsOfManyShapesSurvive(@TempDir Path folder) throws Exception {
    Path log = folder.resolve("sweep.log");
    Process sweep =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-XX:ErrorFile=" + folder.resolve("crash.log"),
                "-Dnngeometry.threads=1", // threads of busy machines spin; the crashes do not need
                // them
                ConvolutionSweep.class.getName(),
                "17")
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    boolean ended = sweep.waitFor(5, TimeUnit.MINUTES);
    if (!ended) {
      sweep.destroyForcibly();
    }
    List<String> lines = Files.readAllLines(log);
    String last = String.join("\n", lines.subList(Math.max(0, lines.size() - 12), lines.size()));
    assertThat(ended).as("the sweep hangs:%n%s", last).isTrue();
    assertThat(sweep.exitValue()).as("the sweep crashed:%n%s", last).isZero();
    assertThat(lines.get(lines.size() - 1)).startsWith("shapes ");
  }
}
