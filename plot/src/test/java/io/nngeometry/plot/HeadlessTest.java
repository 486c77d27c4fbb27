package io.nngeometry.plot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HeadlessTest {
  @Test
  void drawsThoughDisplayNamesNothing() throws IOException, InterruptedException {
    for (int kind = 0; kind < Samples.all().size(); kind++) {
      // A process of its own: AWT decides once whether there is a display.
      ProcessBuilder builder =
          new ProcessBuilder(
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              "-cp",
              System.getProperty("java.class.path"),
              Draw.class.getName(),
              Integer.toString(kind));
      builder.environment().put("DISPLAY", ":77");
      Process process = builder.redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(output).isZero();
    }
  }

  /** Draws one sample and ends; each kind touches AWT in another order. */
  static final class Draw {
    private Draw() {}

    public static void main(String[] arguments) {
      Figure figure =
          switch (Integer.parseInt(arguments[0])) {
            case 0 -> Samples.lines();
            case 1 -> Samples.intervals();
            case 2 -> Samples.heatMap();
            default -> Samples.scatter();
          };
      figure.svg();
      figure.render(200, 200, 1);
    }
  }
}
