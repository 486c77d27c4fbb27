package io.nngeometry.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ProductsAloneTest {
  @Test
  void everythingIsAnswered() {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    double residual = ProductsAlone.run(new PrintStream(printed, true, StandardCharsets.UTF_8));
    assertThat(residual).isLessThan(1e-4);
    assertThat(printed.toString(StandardCharsets.UTF_8))
        .contains("dense:", "solved in", "trace", "alignment");
  }
}
