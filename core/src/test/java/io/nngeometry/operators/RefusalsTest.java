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
import io.nngeometry.linalg.Lanczos;
import io.nngeometry.linalg.NotConvergedException;
import io.nngeometry.vectors.PVector;
import java.util.List;
import java.util.stream.DoubleStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What cannot be answered is refused by name, never answered wrongly. */
class RefusalsTest {

  /** 26 eigenvalues from 1 down to 10^-decades. */
  private static Tensor illConditioned(double decades) {
    Tensor q = new Tensor(torch.linalg_qr(randn(1, 26, 26)).get0());
    double[] values =
        DoubleStream.iterate(0, k -> k + 1)
            .limit(26)
            .map(k -> Math.pow(10, -decades * k / 25))
            .toArray();
    return q.mul(Tensors.of(values, 26)).matmul(q.t());
  }

  private static PMat half(Tensor matrix) {
    return combination(dense(matrix.mul(new Scalar(0.5))), dense(matrix.mul(new Scalar(0.5))));
  }

  @Test
  void aSolveThatDoesNotConvergeSaysWhatItReached() {
    Tensor b = randn(2, 1, 26);
    PMat hard = half(illConditioned(17));
    assertThatThrownBy(() -> hard.solve(b, 1e-17))
        .isInstanceOfSatisfying(
            NotConvergedException.class,
            e -> {
              assertThat(e.residual()).isGreaterThan(1e-10);
              assertThat(e.products()).isPositive();
            })
        .hasMessageContaining("combination of dense and dense")
        .hasMessageContaining("greater damping")
        .hasMessageContaining("ConjugateGradient");
    Tensor x = half(illConditioned(4)).solve(b, 1e-6);
    Tensor back = illConditioned(4).matmul(x.t()).t().add(x, new Scalar(1e-6));
    assertThat(Tensors.item(back.sub(b).norm()) / Tensors.item(b.norm())).isLessThan(2e-10);
  }

  @Test
  void optionsOfOnesOwnGiveTheSolutionReached() {
    Tensor b = randn(2, 3, 26);
    PMat matrix = half(illConditioned(6));
    var few = new ConjugateGradient(1e-8, 5).solve(matrix, b, 1e-6);
    assertThat(few.converged()).isFalse();
    Tensor residual = b.sub(matrix.apply(few.x())).sub(few.x(), new Scalar(1e-6));
    Tensor squares = residual.square().sum(1).div(b.square().sum(1));
    double worst = Math.sqrt(Tensors.item(squares.max()));
    assertThat(few.relativeResidual()).isCloseTo(worst, within(1e-12));
    var enough = new ConjugateGradient(1e-3, 500).solve(matrix, b, 1e-3);
    assertThat(enough.converged()).isTrue();
    assertThat(enough.relativeResidual()).isLessThanOrEqualTo(1e-3);
  }

  @Test
  void aZeroRightHandSideIsSolvedByZeroInEveryType() {
    for (ScalarType type : List.of(ScalarType.Double, ScalarType.Float)) {
      PMat m = half(illConditioned(2).to(type));
      Tensor b = Tensors.cat(List.of(randn(1, 1, 26), torch.zeros(1, 26)), 0).to(type);
      Tensor x = m.solve(b, 0.1);
      assertThat(Tensors.item(x.select(0, 1).norm())).isZero();
      assertThat(Tensors.isFinite(x)).isTrue();
    }
  }

  @Test
  void indefiniteCombinationsAreNotSolved() {
    PMat negative = new CombinedPMat(1, dense(positive(1, 26)), -2, dense(positive(1, 26)));
    assertThatThrownBy(() -> negative.solve(randn(2, 1, 26), 1e-3))
        .isInstanceOf(SingularBlockException.class)
        .hasMessageContaining("greater damping");
  }

  private static void refusedByName(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(RefusedOperationException.class)
        .hasMessageContaining("product")
        .hasMessageContaining("dense");
  }

  @Test
  void combinationsWithProductsAreNotTakenForSymmetric() {
    PMat product = dense(positive(1, 26)).multiply(dense(positive(2, 26)));
    PMat m = combination(dense(positive(3, 26)), product);
    assertThat(product.symmetric()).isFalse();
    assertThat(m.symmetric()).isFalse();
    assertThat(combination(dense(positive(3, 26)), dense(positive(4, 26))).symmetric()).isTrue();
    refusedByName(() -> m.solve(randn(1, 1, 26), 1));
    refusedByName(m::smallestEigenvalue);
    refusedByName(m::spectralNorm);
    refusedByName(() -> m.times(2).solve(randn(1, 1, 26), 1));
    assertThatThrownBy(m::eigenvalues).isInstanceOf(RefusedOperationException.class);
    assertThatThrownBy(() -> ConjugateGradient.DEFAULT.solve(m, randn(1, 1, 26), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("symmetric");
    Tensor sum = positive(3, 26).add(positive(1, 26).matmul(positive(2, 26)));
    assertThat(Tensors.item(m.toDense().sub(sum).norm())).isLessThan(1e-12);
  }

  @Test
  void fractionalPowersOfNegativeMultiplesAreRefused() {
    Block kronecker = kronecker(positive(1, 4), positive(2, 4));
    Block identity = new IdentityBlock(Tensors.of(new double[] {2}, 1), 10);
    for (Block block :
        List.of(
            kronecker,
            kronecker.times(1).eigenform().orElseThrow().power(1),
            new DenseBlock(positive(3, 4)),
            new DiagonalBlock(randn(4, 5).abs()),
            identity)) {
      assertThat(Tensors.isFinite(block.power(0.5).toDense())).isTrue();
      assertThatThrownBy(() -> block.times(-1).power(0.5))
          .as(block.kind())
          .isInstanceOf(RefusedOperationException.class)
          .hasMessageContaining("power 0.5")
          .hasMessageContaining("negative");
      Tensor square = block.toDense().matmul(block.toDense());
      Tensor mine = block.times(-1).power(2).toDense();
      assertThat(Tensors.item(mine.sub(square).norm())).as(block.kind()).isLessThan(1e-10);
    }
  }

  @Test
  void aZeroFactorIsDampedAsAZeroMatrix() {
    Tensor zero = torch.zeros_like(positive(1, 4));
    Tensor x = randn(5, 2, 16);
    for (Block block :
        List.of(
            kronecker(zero, zero),
            kronecker(zero, positive(1, 4)),
            kronecker(positive(1, 4), zero))) {
      Tensor solved = Damping.factored(0.25).solve(block, x);
      assertThat(Tensors.item(solved.sub(x.mul(new Scalar(4))).norm())).isLessThan(1e-12);
      Tensor inverse = block.inverseFactored(0.25, java.util.OptionalDouble.empty()).apply(x);
      assertThat(Tensors.item(inverse.sub(solved).norm())).isLessThan(1e-12);
    }
    assertThatThrownBy(
            () ->
                Damping.factored(0.25)
                    .solve(kronecker(positive(1, 4), positive(2, 4)).times(-1), x))
        .isInstanceOf(SingularBlockException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Double", "Float"})
  void lanczosReachesWhatItsTypeCan(String name) {
    ScalarType type = ScalarType.valueOf(name);
    Tensor matrix = illConditioned(1).to(type);
    double norm = Lanczos.of(type).spectralNorm(dense(matrix), Tensors.options(type));
    assertThat(norm).isCloseTo(1, within(type == ScalarType.Double ? 1e-12 : 1e-5));
  }

  @Test
  void lanczosDoesNotGiveUpInSilence() {
    assertThatThrownBy(
            () ->
                new Lanczos(1e-8, 3, 0)
                    .spectralNorm(dense(illConditioned(0.1)), Tensors.options(ScalarType.Double)))
        .isInstanceOf(NotConvergedException.class)
        .hasMessageContaining("in 3 products");
  }

  @Test
  void aCutoffIsRelativeToTheWholeMatrix() {
    Tensor great = positive(1, 16).mul(new Scalar(1e3));
    Tensor small = positive(2, 10);
    PMat parts = Matrices.blocks(new DenseBlock(great), new DenseBlock(small));
    PMat whole = dense(torch.block_diag(Tensors.vector(List.of(great, small))));
    for (double cutoff : new double[] {0, 1e-4, 1e-2}) {
      PVector v = PVector.of(LAYERS, randn(3, 26));
      Tensor expected = whole.solve(v, Damping.truncated(cutoff)).tensor();
      Tensor mine = parts.solve(v, Damping.truncated(cutoff)).tensor();
      double scale = Tensors.item(expected.norm());
      assertThat(Tensors.item(mine.sub(expected).norm())).isLessThan(1e-9 * scale);
      Tensor inverse = parts.inverse(Damping.truncated(cutoff)).mv(v).tensor();
      assertThat(Tensors.item(inverse.sub(expected).norm())).isLessThan(1e-9 * scale);
    }
    // nothing of the small part is left at a hundredth of the great one's
    PVector v = PVector.of(LAYERS, randn(3, 26));
    assertThat(Tensors.item(parts.solve(v, Damping.truncated(1e-2)).layer("second").norm()))
        .isZero();
  }
}
