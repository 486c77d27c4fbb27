package io.nngeometry.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.nngeometry.cli.compare.Design;
import io.nngeometry.fisher.Representation;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** What is done if nothing, or little, is asked for. */
class CompareOptionsTest {
  @Command(name = "options")
  private static final class Holder {
    @Mixin private CompareOptions options;
  }

  private static CompareOptions of(String... args) {
    Holder holder = new Holder();
    new CommandLine(holder).setCaseInsensitiveEnumValuesAllowed(true).parseArgs(args);
    return holder.options;
  }

  @Test
  void thePapersDampings() {
    List<Double> dampings = of().design(false, 0).dampings();
    assertThat(dampings).hasSize(14).isSorted();
    assertThat(dampings.get(0)).isCloseTo(1e-4, within(1e-12));
    assertThat(dampings.get(13)).isCloseTo(Math.pow(10, -0.75), within(1e-12));
    for (int k = 1; k < 14; k++) {
      assertThat(dampings.get(k) / dampings.get(k - 1)).isCloseTo(Math.pow(10, 0.25), within(1e-9));
    }
  }

  @Test
  void exactMatricesAreDrawnOnceWithAllVectors() {
    Design design = of().design(false, 0);
    assertThat(design.draws()).isEqualTo(1);
    assertThat(design.vectors()).isEqualTo(20);
    assertThat(of("--draws=9").design(false, 0).draws()).isEqualTo(1);
    assertThat(design.representations())
        .hasSize(8)
        .doesNotContain(Representation.IMPLICIT, Representation.EYE);
  }

  @Test
  void sampledOnesAreDrawnAsInThePaper() {
    Design design = of("--estimator=mc").design(false, 0);
    assertThat(design.draws()).isEqualTo(5);
    assertThat(design.vectors()).isEqualTo(4);
    assertThat(design.trials()).isEqualTo(5);
    assertThat(of("--estimator=mc", "--draws=50").design(false, 0).vectors()).isEqualTo(1);
  }

  @Test
  void quickIsLess() {
    assertThat(of().design(true, 0).vectors()).isEqualTo(8);
    assertThat(of("--estimator=mc").design(true, 0).draws()).isEqualTo(2);
    assertThat(of("--estimator=mc").design(true, 0).vectors()).isEqualTo(4);
    assertThat(SubjectOptions.most(true, 450)).isEqualTo(150);
    assertThat(SubjectOptions.most(true, 100)).isEqualTo(100);
    assertThat(SubjectOptions.most(false, 450)).isEqualTo(450);
  }

  @Test
  void whatIsAskedForHoldsForQuickToo() {
    CompareOptions options = of("--vectors=9", "--estimator=mc", "--draws=3");
    assertThat(options.design(true, 0).vectors()).isEqualTo(9);
    assertThat(options.design(true, 0).draws()).isEqualTo(3);
  }
}
