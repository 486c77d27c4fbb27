package io.nngeometry.fisher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Tensors;
import io.nngeometry.linalg.CancelledException;
import io.nngeometry.linalg.ConjugateGradient;
import io.nngeometry.linalg.Lsmr;
import io.nngeometry.linalg.Solution;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.JacobianOperator;
import io.nngeometry.operators.PMat;
import io.nngeometry.operators.Preconditioner;
import io.nngeometry.operators.TopEigen;
import io.nngeometry.vectors.FVector;
import io.nngeometry.vectors.PFMap;
import io.nngeometry.vectors.PVector;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** Solvers on matrices and maps of which nothing is stored. */
class SolversOnFisherTest {
  private static final class Net extends Module {
    final Linear first = register("first", new Linear(8, 12));
    final Linear second = register("second", new Linear(12, 4));

    @Override
    public Tensor forward(Tensor x) {
      return second.forward(first.forward(x).tanh());
    }
  }

  private final Net net = new Net();
  private final Examples data;
  private final Fisher fisher;

  SolversOnFisherTest() {
    net.initialize(1);
    net.to(ScalarType.Double);
    // inputs of scales from one to a thousandth: what Kronecker factors know
    Tensor scales =
        Tensors.of(new double[] {1, 0.4, 0.15, 0.06, 0.02, 0.01, 0.003, 0.001}, 8)
            .mul(new Scalar(3));
    Tensor x = Tensors.randn(2, Tensors.options(ScalarType.Double), 90, 8).mul(scales);
    data = Examples.of(x).batches(30);
    fisher = Fisher.of(net, Metric.categorical()).on(data);
  }

  @Test
  void kroneckerFactorsSpeedUpSolvesOfTheImplicitMatrix() {
    double lambda = 1e-6;
    PMat implicit = fisher.as(Representation.IMPLICIT);
    PVector b = PVector.random(implicit.layers(), 3);
    Tensor rows = b.tensor().unsqueeze(0);
    Tensor expected =
        fisher.as(Representation.DENSE).solve(b, Damping.tikhonov(lambda)).tensor().unsqueeze(0);
    ConjugateGradient method = new ConjugateGradient(1e-8, 2000);
    Solution plain = method.solve(implicit, rows, lambda);
    for (Representation r : new Representation[] {Representation.KFAC, Representation.EKFAC}) {
      try (PMat near = fisher.as(r)) {
        Solution aided =
            method
                .preconditioned(Preconditioner.of(near, Damping.tikhonov(lambda)))
                .solve(implicit, rows, lambda);
        assertThat(aided.converged()).isTrue();
        assertThat(aided.products()).isLessThan(plain.products() * 2 / 3);
        double error = Tensors.item(aided.x().sub(expected).norm());
        assertThat(error).isLessThan(1e-5 * Tensors.item(expected.norm()));
      }
    }
  }

  @Test
  void implicitJacobiansAreSolvedAsStoredOnes() {
    Jacobian jacobian = Jacobian.of(net, data);
    PFMap dense = jacobian.dense();
    FVector target = FVector.random(4, 90, 5, Tensors.options(ScalarType.Double));
    Tensor b = target.tensor().reshape(1, -1);
    JacobianOperator implicit =
        JacobianOperator.of(jacobian.pushForward(), jacobian.pullBack(), 4, 90);
    Solution mine = Lsmr.DEFAULT.solve(implicit, b, 0.5);
    Solution stored = Lsmr.DEFAULT.solve(JacobianOperator.of(dense), b, 0.5);
    assertThat(mine.converged()).isTrue();
    assertThat(Tensors.item(mine.x().sub(stored.x()).norm()))
        .isLessThan(1e-7 * Tensors.item(stored.x().norm()));
  }

  @Test
  void theImplicitMatrixHasTheEigenvectorsOfTheDenseOne() {
    PMat implicit = fisher.as(Representation.IMPLICIT);
    double[] values =
        Tensors.toArray(torch.linalg_eigvalsh(fisher.as(Representation.DENSE).toDense()));
    try (TopEigen top = implicit.topEigen(4)) {
      double[] mine = Tensors.toArray(top.values());
      for (int k = 0; k < 4; k++) {
        assertThat(Math.abs(mine[k] - values[values.length - 1 - k]))
            .isLessThan(1e-9 * values[values.length - 1]);
      }
    }
  }

  @Test
  void aSolveOfAnyMatrixCanBeInterrupted() {
    PMat implicit = fisher.as(Representation.IMPLICIT);
    PVector b = PVector.random(implicit.layers(), 3);
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> implicit.solve(b, Damping.tikhonov(1e-3)))
        .isInstanceOf(CancelledException.class)
        .hasMessageContaining("conjugate gradients cancelled after 1");
    assertThat(Thread.interrupted()).isFalse();
  }
}
