package io.nngeometry.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class NaturalGradientTest {
  @Test
  void threeStepsGoFarDown() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    double loss = NaturalGradient.run(new PrintStream(out, true, StandardCharsets.UTF_8), 3);
    // ten classes start at log 10 = 2.3
    assertThat(loss).isLessThan(0.5);
    assertThat(out.toString(StandardCharsets.UTF_8).lines()).hasSize(3);
  }
}
