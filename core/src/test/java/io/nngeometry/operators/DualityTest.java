package io.nngeometry.operators;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.nn.Linear;
import io.nngeometry.vectors.FVector;
import io.nngeometry.vectors.PFMap;
import io.nngeometry.vectors.PVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** The two sides of one Jacobian. */
class DualityTest {
  private static final double LAMBDA = 0.05;

  private static void assertClose(Tensor a, Tensor b) {
    assertThat(Tensors.item(a.sub(b).norm())).isLessThan(1e-9 * Tensors.item(b.norm()));
  }

  private static PFMap jacobian(long c, long n) {
    Linear layer = new Linear(4, 3);
    layer.to(ScalarType.Double);
    LayerCollection layers = LayerCollection.of(layer); // 15 parameters
    return PFMap.of(
        layers, Tensors.randn(n, Tensors.options(ScalarType.Double), c, n, layers.size()));
  }

  @Test
  void bothSidesShareSpectrumAndSolveForEachOther() {
    for (long n : new long[] {3, 12}) { // fewer functions than parameters, and more
      try (Scope scope = Scope.open()) {
        PFMap j = jacobian(2, n);
        Tensor rows = j.tensor().flatten(0, 1);
        FMatDense k = FMatDense.of(j);
        LowRankPMat m = LowRankPMat.of(j);
        JacobianOperator operator = JacobianOperator.of(j);
        Duality dual = Duality.of(k, operator);
        assertClose(m.toDense(), rows.t().matmul(rows).div(Tensors.scalar((double) n)));
        assertClose(m.dual(2).tensor(), k.tensor().div(Tensors.scalar((double) n)));
        long shared = Math.min(15, 2 * n);
        Tensor values = k.eigenvalues().narrow(0, 2 * n - shared, shared);
        assertClose(m.eigenvalues().mul(Tensors.scalar((double) n)), values);
        Tensor dense = rows.t().matmul(rows);
        TopEigen top = dual.topEigen(3);
        assertClose(top.vectors().matmul(dense), top.vectors().mul(top.values().unsqueeze(1)));
        assertClose(top.vectors().matmul(top.vectors().t()), Tensors.eye(dense, 3));
        PVector v = PVector.random(j.layers(), 4);
        Tensor damped = dense.add(Tensors.eye(dense, 15).mul(Tensors.scalar(LAMBDA)));
        assertClose(damped.mv(dual.solve(v, LAMBDA).tensor()), v.tensor());
        FVector u = FVector.random(2, n, 5, Tensors.options(dense));
        FVector solved = Duality.solve(m, operator, u, LAMBDA);
        assertClose(solved.tensor(), k.solve(u, Damping.tikhonov(LAMBDA)).tensor());
        assertClose(k.mv(solved).plus(LAMBDA, solved).tensor(), u.tensor());
        assertThatThrownBy(() -> dual.solve(v, 0)).isInstanceOf(SingularBlockException.class);
        assertThatThrownBy(() -> m.dual(5)).hasMessageContaining("5 outputs");
      }
    }
  }

  @Test
  void aKernelOfAnotherShapeIsRefused() {
    try (Scope scope = Scope.open()) {
      assertThatThrownBy(
              () -> Duality.of(FMatDense.of(jacobian(2, 3)), JacobianOperator.of(jacobian(2, 4))))
          .hasMessageContaining("is not that of a Jacobian");
    }
  }
}
