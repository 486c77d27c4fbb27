package io.nngeometry.fisher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Tensors;
import io.nngeometry.linalg.Estimate;
import io.nngeometry.linalg.LowRankMethod;
import io.nngeometry.linalg.Nystrom;
import io.nngeometry.linalg.Probes;
import io.nngeometry.linalg.RandomizedRangeFinder;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.LowRankApproximation;
import io.nngeometry.operators.LowRankPMat;
import io.nngeometry.operators.PMat;
import io.nngeometry.operators.TopEigen;
import io.nngeometry.vectors.PVector;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** Truncation by products against truncation of the stacked Jacobian. */
class LowRankTest {
  private static final class Net extends Module {
    final Linear first = register("first", new Linear(5, 6));
    final Linear second = register("second", new Linear(6, 4));

    @Override
    public Tensor forward(Tensor x) {
      return second.forward(first.forward(x).tanh());
    }
  }

  private static Fisher fisher(ScalarType type) {
    Net net = new Net();
    net.initialize(1);
    net.to(type);
    Tensor x = Tensors.randn(2, Tensors.options(type), 12, 5).mul(new Scalar(2));
    return Fisher.of(net, Metric.categorical()).on(Examples.of(x).batches(5));
  }

  private static final List<LowRankMethod> METHODS =
      List.of(new RandomizedRangeFinder(8, 4, 3), new Nystrom(20, 3));

  @Test
  void truncationsByProductsAreThoseOfTheRows() {
    for (Fisher fisher : List.of(fisher(ScalarType.Double), fisher(ScalarType.Double).centred())) {
      LowRankPMat full = (LowRankPMat) fisher.as(Representation.LOW_RANK);
      PMat dense = fisher.as(Representation.DENSE);
      for (LowRankMethod method : METHODS) {
        // all 36 gradients: exact
        PMat all = fisher.as(Representation.lowRank(36, method));
        PVector v = PVector.random(all.layers(), 4);
        assertThat(all.mv(v).minus(dense.mv(v)).norm()).isLessThan(1e-9 * dense.mv(v).norm());
        PVector solved = all.solve(v, Damping.tikhonov(1e-2));
        PVector expected = dense.solve(v, Damping.tikhonov(1e-2));
        assertThat(solved.minus(expected).norm()).isLessThan(1e-7 * expected.norm());
        // eight: near the best
        LowRankPMat eight = (LowRankPMat) fisher.as(Representation.lowRank(8, method));
        assertThat(eight.rank()).isEqualTo(8);
        assertThat(eight.representation()).isEqualTo("low-rank");
        double best = error(dense, full.truncated(8));
        assertThat(error(dense, eight)).isBetween(best * (1 - 1e-9), 1.3 * best);
      }
    }
  }

  private static double error(PMat dense, PMat other) {
    return Tensors.item(dense.toDense().sub(other.toDense()).norm());
  }

  @Test
  void whatIsLeftIsKnown() {
    PMat f = fisher(ScalarType.Double).as(Representation.IMPLICIT);
    PMat dense = fisher(ScalarType.Double).as(Representation.DENSE);
    for (LowRankMethod method : METHODS) {
      try (LowRankApproximation near = LowRankPMat.approximating(f, method, 5)) {
        double left = error(dense, near.matrix());
        Estimate squared = near.squaredError(Probes.gaussian(200, 77));
        assertThat(squared.standardError()).isPositive().isLessThan(0.3 * left * left);
        assertThat(squared.value()).isCloseTo(left * left, within(4 * squared.standardError()));
        assertThat(squared.products()).isEqualTo(200);
        TopEigen top = near.matrix().topEigen(5);
        double kept = Tensors.item(top.values().sum());
        assertThat(near.traceLeft()).isCloseTo(dense.trace() - kept, within(1e-12)).isPositive();
        assertThat(near.products()).isPositive();
      }
    }
  }

  @Test
  void floatsAndBudgets() {
    Fisher fisher = fisher(ScalarType.Float);
    PMat m = fisher.as(Representation.lowRank(36));
    PVector v = PVector.random(m.layers(), 4);
    PVector expected = fisher.as(Representation.LOW_RANK).mv(v);
    assertThat(m.mv(v).minus(expected).norm()).isLessThan(1e-4 * expected.norm());
    assertThatThrownBy(
            () -> fisher.memoryBudget(new MemoryBudget(4000)).as(Representation.lowRank(30)))
        .isInstanceOf(MemoryBudgetException.class)
        .hasMessageContaining("low-rank");
    assertThatThrownBy(() -> Representation.lowRank(0)).hasMessageContaining("rank");
  }
}
