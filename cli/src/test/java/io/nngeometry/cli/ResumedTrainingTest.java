package io.nngeometry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.cli.training.Keeper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A training that is killed, without a chance to put anything away, and gone on with. */
class ResumedTrainingTest {
  private static final long PATIENCE = TimeUnit.MINUTES.toNanos(3);

  @TempDir private Path folder;

  /** Momentum, batch normalisation, an augmentation and a schedule: all that has a memory. */
  private List<String> arguments(String name) {
    return List.of(
        "train",
        "--model=resnet20",
        "--width=2",
        "--n=96",
        "--epochs=4",
        "--train-batch=8",
        "--lr=0.1",
        "--schedule=steps",
        "--crop=1",
        "--flip",
        "--seed=3",
        "--thresholds=.05,.15,.25,.35",
        "--evaluate-every=5",
        "--keep-every=2",
        "--checkpoints=" + folder.resolve(name),
        "--out=" + folder.resolve(name + ".safetensors"));
  }

  @Test
  void aKilledTrainingGoesOnToTheSameWeightsBitForBit() throws Exception {
    Ran.of(arguments("whole").toArray(String[]::new)).well();
    List<String> resuming = new ArrayList<>(arguments("killed"));
    resuming.add("--resume");

    // twice in the middle: some time after a state was saved, wherever that is
    kill(arguments("killed"), 2);
    assertThat(folder.resolve("killed.safetensors")).doesNotExist();
    kill(resuming, 2);
    assertThat(folder.resolve("killed.safetensors")).doesNotExist();
    Ran last = Ran.of(resuming.toArray(String[]::new)).well();
    assertThat(last.err()).doesNotContain("step-0000000"); // it does not begin anew

    assertThat(tensors("killed.safetensors")).isEqualTo(tensors("whole.safetensors"));
    List<String> names = names("whole");
    assertThat(names("killed")).isEqualTo(names);
    assertThat(names.stream().filter(n -> n.startsWith("step-")).count()).isGreaterThan(3);
    for (String name : names) {
      if (!name.equals(Keeper.STATE)) { // which holds seconds
        assertThat(folder.resolve("killed").resolve(name))
            .hasSameBinaryContentAs(folder.resolve("whole").resolve(name));
      }
    }
  }

  /** The bytes of a file's tensors, without the metadata before them. */
  private List<Byte> tensors(String name) throws IOException {
    byte[] all = Files.readAllBytes(folder.resolve(name));
    int header =
        (int) java.nio.ByteBuffer.wrap(all).order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong();
    List<Byte> bytes = new ArrayList<>();
    for (int k = Long.BYTES + header; k < all.length; k++) {
      bytes.add(all[k]);
    }
    return bytes;
  }

  private List<String> names(String name) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve(name))) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(f -> !f.endsWith(".tmp")) // of a file that was being written
          .sorted()
          .toList();
    }
  }

  /** Begins, and kills once the state has been saved anew {@code times} times. */
  private void kill(List<String> arguments, int times) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add("-Dnngeometry.terminal=false");
    command.add(Main.class.getName());
    command.addAll(arguments);
    Path state = folder.resolve("killed").resolve(Keeper.STATE);
    FileTime seen = modified(state);
    Path log = folder.resolve("log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    long begun = System.nanoTime();
    try {
      for (int k = 0; k < times; ) {
        assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
        assertThat(System.nanoTime() - begun).as("waiting for a state").isLessThan(PATIENCE);
        FileTime now = modified(state);
        if (!now.equals(seen)) {
          seen = now;
          k++;
        }
        Thread.onSpinWait();
      }
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as("killed, not done").isNotZero();
  }

  private static FileTime modified(Path file) throws IOException {
    return Files.exists(file) ? Files.getLastModifiedTime(file) : FileTime.fromMillis(0);
  }
}
