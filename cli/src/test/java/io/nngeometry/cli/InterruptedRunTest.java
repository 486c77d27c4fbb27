package io.nngeometry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process killed while it writes; nothing it named is half written. */
class InterruptedRunTest {
  private static final long PATIENCE = TimeUnit.MINUTES.toNanos(2);

  @Test
  void killedWhileWritingAMatrix(@TempDir Path folder) throws Exception {
    Path out = folder.resolve("out");
    Files.createDirectory(out);
    Path results = Files.writeString(out.resolve("results.json"), "former");
    Path log = folder.resolve("log");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-Dnngeometry.terminal=false",
                Main.class.getName(),
                "compare",
                "--epochs=0",
                "--n=2",
                "--representations=dense",
                "--vectors=1",
                "--damping=0.1",
                "--out=" + out)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    long begun = System.nanoTime();
    try {
      while (!writesTheMatrix(out)) {
        assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
        assertThat(System.nanoTime() - begun).as("waiting for the matrix").isLessThan(PATIENCE);
        Thread.onSpinWait();
      }
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as("killed, not done").isNotZero();
    assertThat(results).hasContent("former");
    for (Path file : files(out)) {
      String name = file.getFileName().toString();
      assertThat(name).matches("\\..*\\.tmp|results.json|weights.safetensors|dense.safetensors");
      if (name.endsWith(".safetensors")) {
        Artifacts.check(file);
      }
    }
    Artifacts.check(out.resolve("weights.safetensors"));
  }

  /** The weights are written first, so that a file without a name is the matrix's. */
  private static boolean writesTheMatrix(Path out) throws Exception {
    return Files.exists(out.resolve("weights.safetensors"))
        && files(out).stream().anyMatch(f -> f.getFileName().toString().endsWith(".tmp"));
  }

  private static List<Path> files(Path folder) throws Exception {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }
}
