package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The bytes that a plan predicts against those that the operation takes, in a process of its own:
 * {@link Peak}.
 */
class PlanTest {
  /** Share of the planned bytes by which those taken may differ. */
  private static final double TOLERANCE = 0.25;

  private static final Pattern FIGURES = Pattern.compile("planned (\\d+) taken (\\d+) ");

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "16, diag, exact, 64",
    "16, ekfac, exact, 64",
    "16, low-rank, mc, 64",
    "16, implicit, exact, 64",
    "16, implicit, mc, 64",
    "32, kfac, exact, 64",
    "mlp, low-rank, exact, 24",
    "mlp, kfac, exact, 8192",
    "mlp, diag, exact, 4096",
    "mlp, ekfac, exact, 8192"
  })
  void thePeakIsAsPlanned(String network, String representation, String estimator, int examples)
      throws Exception {
    assumeTrue(Files.isReadable(Resident.STATUS), "resident memory is read from /proc");
    String printed =
        String.join(
            "\n",
            ChildProcess.lines(
                Peak.class,
                folder,
                Map.of("MALLOC_ARENA_MAX", "1"),
                network,
                representation,
                estimator,
                Integer.toString(examples)));
    Matcher figures = FIGURES.matcher(printed);
    assertThat(figures.find()).as(printed).isTrue();
    double planned = Double.parseDouble(figures.group(1));
    double taken = Double.parseDouble(figures.group(2));
    assertThat(taken / planned).as(printed).isBetween(1 - TOLERANCE, 1 + TOLERANCE);
  }
}
