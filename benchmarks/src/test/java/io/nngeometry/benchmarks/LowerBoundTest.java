package io.nngeometry.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** In multiples of one forward and backward, by hand. */
class LowerBoundTest {
  private static double of(String op, long outputs) {
    return Operations.byName().get(op).bound().inUnits(outputs).orElseThrow();
  }

  @Test
  void productsAndSamplesDoNotSeeTheNumberOfOutputs() {
    Map.of(
            "fb", 1.0,
            "implicit-quadratic", 2 / 3.0,
            "implicit-mv", 5 / 3.0,
            "implicit-mv-mc1", 4 / 3.0,
            "kfac-mc1", 2 / 3.0,
            "diag-mc1", 2 / 3.0,
            "gram-mv", 5 / 3.0)
        .forEach(
            (op, bound) -> {
              assertThat(of(op, 10)).as(op).isCloseTo(bound, within(1e-12));
              assertThat(of(op, 200)).as(op).isEqualTo(of(op, 10));
            });
  }

  @Test
  void exactMatricesTakeABackwardForEachOutputButOne() {
    for (String op : List.of("diag-exact", "kfac-exact", "ekfac-exact", "implicit-trace")) {
      double forward = 1 / 3.0;
      double backward = 1 / 3.0;
      assertThat(of(op, 10)).isCloseTo(forward + 9 * backward, within(1e-12));
      // two thirds, and half as often as there are outputs
      assertThat(of(op, 200)).isCloseTo(2 / 3.0 * 200 / 2, within(1e-12));
    }
  }

  @Test
  void aJacobianTakesABackwardForEveryOutput() {
    assertThat(of("jacobian", 10)).isCloseTo(11 / 3.0, within(1e-12));
    assertThat(of("gram", 10)).isCloseTo(11 / 3.0, within(1e-12));
  }

  @Test
  void noneIsStatedForSolvesAndHessians() {
    for (String op : List.of("kfac-solve", "ekfac-solve", "hessian-mv", "implicit-mv-10")) {
      assertThat(Operations.byName().get(op).bound().inUnits(10)).as(op).isEmpty();
    }
  }
}
