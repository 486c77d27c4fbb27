package io.nngeometry.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Parameter;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two steps of each rule on one number, computed by hand. */
class OptimizerTest {
  private static double afterTwoSteps(Optimizer rule) {
    try (Scope scope = Scope.open()) {
      Parameter w = new Parameter(Tensors.of(new double[] {1}, 1));
      try (Optimizer.Run run = rule.start(List.of(w))) {
        run.step(List.of(Tensors.of(new double[] {2}, 1)), 0.1);
        run.step(List.of(Tensors.of(new double[] {-1}, 1)), 0.1);
      }
      assertThat(w.tensor().requires_grad()).isTrue();
      return Tensors.toArray(w.tensor())[0];
    }
  }

  @Test
  void gradientDescent() {
    assertThat(afterTwoSteps(new SGD())).isCloseTo(1 - 0.2 + 0.1, within(1e-15));
  }

  @Test
  void momentum() {
    // v = 2, then 0.5 * 2 - 1 = 0
    assertThat(afterTwoSteps(new SGD().momentum(0.5))).isCloseTo(0.8, within(1e-15));
  }

  @Test
  void nesterov() {
    // steps 2 + 0.5 * 2 = 3, then -1 + 0.5 * 0 = -1
    assertThat(afterTwoSteps(new SGD().momentum(0.5).withNesterov()))
        .isCloseTo(1 - 0.3 + 0.1, within(1e-15));
  }

  @Test
  void weightDecay() {
    // gradients 2 + 0.5 * 1 = 2.5, w = 0.75, then -1 + 0.5 * 0.75 = -0.625
    assertThat(afterTwoSteps(new SGD().weightDecay(0.5))).isCloseTo(0.8125, within(1e-15));
  }

  @Test
  void adam() {
    assertThat(afterTwoSteps(new Adam())).isCloseTo(adamByHand(0, 0), within(1e-14));
    assertThat(afterTwoSteps(new Adam().weightDecay(0.5)))
        .isCloseTo(adamByHand(0.5, 0), within(1e-14));
    assertThat(afterTwoSteps(new Adam().decoupledWeightDecay(0.5)))
        .isCloseTo(adamByHand(0, 0.5), within(1e-14));
  }

  private static double adamByHand(double coupled, double decoupled) {
    double w = 1;
    double g1 = 2 + coupled * w;
    w -= 0.1 * decoupled * w;
    // after one step the unbiased mean is g and the root of the unbiased square is |g|
    w -= 0.1 * g1 / (Math.abs(g1) + 1e-8);
    double g2 = -1 + coupled * w;
    w -= 0.1 * decoupled * w;
    double mean = (0.9 * 0.1 * g1 + 0.1 * g2) / (1 - 0.81);
    double square = (0.999 * 0.001 * g1 * g1 + 0.001 * g2 * g2) / (1 - 0.999 * 0.999);
    return w - 0.1 * mean / (Math.sqrt(square) + 1e-8);
  }

  @Test
  void badOptionsAreRefused() {
    assertThatThrownBy(() -> new SGD().momentum(1)).hasMessageContaining("momentum");
    assertThatThrownBy(() -> new SGD().withNesterov()).hasMessageContaining("momentum");
    assertThatThrownBy(() -> new SGD().weightDecay(-1)).hasMessageContaining("weight decay");
    assertThatThrownBy(() -> new Adam().betas(1, 0.9)).hasMessageContaining("betas");
  }

  @Test
  void schedules() {
    assertThat(Schedule.constant(0.1).at(7)).isEqualTo(0.1);
    Schedule steps = Schedule.step(1, 2, 0.5);
    assertThat(List.of(steps.at(0), steps.at(1), steps.at(2), steps.at(4)))
        .containsExactly(1.0, 1.0, 0.5, 0.25);
    Schedule cosine = Schedule.cosine(1, 0.2, 10);
    assertThat(cosine.at(0)).isEqualTo(1);
    assertThat(cosine.at(5)).isCloseTo(0.6, within(1e-12));
    assertThat(cosine.at(10)).isCloseTo(0.2, within(1e-12));
    assertThat(cosine.at(99)).isCloseTo(0.2, within(1e-12));
    Schedule warm = cosine.afterWarmup(3);
    assertThat(warm.at(0)).isEqualTo(0.25);
    assertThat(warm.at(2)).isEqualTo(0.75);
    assertThat(warm.at(3)).isEqualTo(1);
    assertThat(warm.at(13)).isCloseTo(0.2, within(1e-12));
  }
}
