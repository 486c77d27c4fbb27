package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
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
    "32, kfac, exact, 32",
    "mlp, low-rank, exact, 24"
  })
  void thePeakIsAsPlanned(String network, String representation, String estimator, int examples)
      throws Exception {
    assumeTrue(Files.isReadable(Soak.STATUS), "resident memory is read from /proc");
    Path log = folder.resolve("peak.log");
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms64m",
                "-Xmx64m",
                "-XX:+AlwaysPreTouch",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Peak.class.getName(),
                network,
                representation,
                estimator,
                Integer.toString(examples))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("MALLOC_ARENA_MAX", "1");
    Process process = builder.start();
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
    String printed = Files.readString(log);
    Matcher figures = FIGURES.matcher(printed);
    assertThat(figures.find()).as(printed).isTrue();
    double planned = Double.parseDouble(figures.group(1));
    double taken = Double.parseDouble(figures.group(2));
    assertThat(taken / planned).as(printed).isBetween(1 - TOLERANCE, 1 + TOLERANCE);
  }
}
