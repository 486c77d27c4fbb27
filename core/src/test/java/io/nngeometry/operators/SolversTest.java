package io.nngeometry.operators;

import static io.nngeometry.operators.Matrices.LAYERS;
import static io.nngeometry.operators.Matrices.combination;
import static io.nngeometry.operators.Matrices.dense;
import static io.nngeometry.operators.Matrices.kronecker;
import static io.nngeometry.operators.Matrices.positive;
import static io.nngeometry.operators.Matrices.randn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.nngeometry.engine.Tensors;
import io.nngeometry.linalg.ConjugateGradient;
import io.nngeometry.linalg.Estimate;
import io.nngeometry.linalg.Lsmr;
import io.nngeometry.linalg.Slq;
import io.nngeometry.linalg.Solution;
import io.nngeometry.vectors.FVector;
import io.nngeometry.vectors.PFMap;
import io.nngeometry.vectors.PVector;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** Solvers and spectra of linalg on matrices over parameters. */
class SolversTest {

  /** A Kronecker block beside a dense one, of scales far apart. */
  private static LayerwisePMat blocks() {
    Tensor scales = Tensors.of(new double[] {1, 30, 1000, 1e4}, 4);
    Tensor left = positive(1, 4).mul(scales).mul(scales.unsqueeze(1));
    return Matrices.blocks(kronecker(left, positive(2, 4)), new DenseBlock(positive(3, 10)));
  }

  @Test
  void whatApproximatesAMatrixSpeedsUpItsSolves() {
    double lambda = 1e-3;
    Tensor small = randn(4, 3, 26);
    Tensor matrix = blocks().toDense().add(small.t().matmul(small), new Scalar(1e-2));
    PMat exact = combination(dense(matrix), dense(torch.zeros_like(matrix)));
    Tensor b = randn(5, 2, 26);
    Tensor expected =
        torch
            .linalg_solve(matrix.add(Tensors.eye(matrix, 26), new Scalar(lambda)), b.t(), true)
            .t();
    Solution plain = ConjugateGradient.DEFAULT.solve(exact, b, lambda);
    for (Damping damping : List.of(Damping.tikhonov(lambda), Damping.factored(lambda))) {
      Solution aided =
          ConjugateGradient.DEFAULT
              .preconditioned(Preconditioner.of(blocks(), damping))
              .solve(exact, b, lambda);
      assertThat(aided.converged()).isTrue();
      assertThat(aided.products()).isLessThan(plain.products() / 3);
      double error = Tensors.item(aided.x().sub(expected).norm());
      assertThat(error).isLessThan(1e-6 * Tensors.item(expected.norm()));
    }
    assertThatThrownBy(() -> Preconditioner.of(blocks(), Damping.truncated(0.1)))
        .hasMessageContaining("tikhonov");
    PMat product = dense(matrix).multiply(dense(positive(1, 26)));
    assertThatThrownBy(() -> Preconditioner.of(product, Damping.tikhonov(1)))
        .hasMessageContaining("symmetric");
  }

  @Test
  void aJacobianIsSolvedInTheSenseOfLeastSquares() {
    PFMap jacobian = PFMap.of(LAYERS, randn(1, 3, 5, 26));
    JacobianOperator j = JacobianOperator.of(jacobian);
    FVector target = FVector.of(randn(2, 3, 5));
    Solution s = Lsmr.DEFAULT.solve(j, target.tensor().reshape(1, -1), 0.1);
    assertThat(s.converged()).isTrue();
    PVector x = PVector.of(LAYERS, s.x().squeeze(0));
    // the gradient of |J x - u|^2 + 0.1 |x|^2 is zero
    PVector gradient = jacobian.pull(jacobian.push(x).minus(target)).plus(0.1, x);
    assertThat(gradient.norm()).isLessThan(1e-9 * jacobian.pull(target).norm());
    assertThatThrownBy(
            () ->
                JacobianOperator.of(
                    PushForward.of(jacobian),
                    PullBack.of(PFMap.of(LAYERS.only("first"), randn(1, 3, 5, 16))),
                    3,
                    5))
        .hasMessageContaining("adjoint");
    assertThatThrownBy(
            () -> JacobianOperator.of(PushForward.of(jacobian), PullBack.of(jacobian), 0, 5))
        .hasMessageContaining("0 and 5");
  }

  @Test
  void whatIsKnownByProductsHasEigenvectors() {
    Tensor matrix = positive(1, 26);
    PMat m = combination(dense(matrix), dense(matrix));
    double[] values = Tensors.toArray(torch.linalg_eigvalsh(matrix.mul(new Scalar(2))));
    try (TopEigen top = m.topEigen(5)) {
      assertThat(Tensors.toArray(top.values()))
          .containsExactly(
              new double[] {values[25], values[24], values[23], values[22], values[21]},
              within(1e-10));
      Tensor image = m.apply(top.vectors());
      Tensor expected = top.vectors().mul(top.values().unsqueeze(1));
      assertThat(Tensors.item(image.sub(expected).norm())).isLessThan(1e-9);
    }
    assertThat(m.topEigen(100).values().size(0)).isEqualTo(26);
    assertThat(m.smallestEigenvalue()).isCloseTo(values[0], within(1e-10));
    assertThatThrownBy(() -> m.topEigen(0)).hasMessageContaining("one eigenvalue");
    PMat single =
        combination(dense(matrix.to(ScalarType.Float)), dense(matrix.to(ScalarType.Float)));
    assertThat(single.symmetric()).isTrue();
  }

  @Test
  void anyMatrixHasALogDeterminantByQuadrature() {
    LayerwisePMat m = blocks();
    Estimate e = Slq.of(40, 26, 1).logDeterminant(m, 0.1, Tensors.options(ScalarType.Double));
    assertThat(e.value()).isCloseTo(m.logDeterminant(0.1), within(4 * e.standardError()));
    assertThat(e.relativeError()).isLessThan(0.2);
  }
}
