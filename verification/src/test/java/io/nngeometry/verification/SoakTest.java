package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Native memory, which no garbage collector sees, does not grow with the examples read. {@link
 * Soak} runs in a process of its own, where the Java heap is resident from the start and can add
 * nothing.
 */
class SoakTest {
  private static final int MINIBATCHES = 2000;
  private static final int WARM_UP = 200;

  /**
   * Kilobytes. Without a leak it is under one megabyte; the activations of two layers, 37 kB a
   * minibatch, are 22 MB between the medians of 1,000 minibatches, less what free blocks take in.
   */
  private static final long LIMIT = 8_000;

  @TempDir private Path folder;

  @Test
  void residentMemoryStaysFlatOverThousandsOfMinibatches() throws Exception {
    assertThat(growth(MINIBATCHES)).isLessThan(LIMIT);
  }

  @Test
  void aLeakOfOneTensorAMinibatchIsSeen() throws Exception {
    assertThat(growth(MINIBATCHES / 2, "leak")).isGreaterThan(LIMIT);
  }

  /** Kilobytes between the medians of the first and the last quarter after the warm-up. */
  private long growth(int minibatches, String... flags) throws IOException, InterruptedException {
    assumeTrue(Files.isReadable(Resident.STATUS), "resident memory is read from /proc");
    List<Long> figures = run(minibatches, flags);
    List<Long> steady = figures.subList(WARM_UP / Soak.ROUND, figures.size());
    int quarter = steady.size() / 4;
    return median(steady.subList(steady.size() - quarter, steady.size()))
        - median(steady.subList(0, quarter));
  }

  private static long median(List<Long> figures) {
    return figures.stream().sorted().toList().get(figures.size() / 2);
  }

  private List<Long> run(int minibatches, String... flags)
      throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of(Integer.toString(minibatches)));
    arguments.addAll(List.of(flags));
    List<String> lines =
        ChildProcess.lines(Soak.class, folder, Map.of(), arguments.toArray(String[]::new));
    List<Long> figures =
        lines.stream()
            .filter(line -> line.startsWith(Soak.FIGURE))
            .map(line -> Long.parseLong(line.substring(Soak.FIGURE.length())))
            .toList();
    assertThat(figures).hasSize(minibatches / Soak.ROUND);
    return figures;
  }
}
