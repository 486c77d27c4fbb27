package io.nngeometry.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.operators.CrossFMat;
import io.nngeometry.operators.FMatDense;
import io.nngeometry.operators.SingularBlockException;
import io.nngeometry.vectors.FVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The tools against their definitions, on kernels of Jacobians that are drawn at random. */
class KernelToolsTest {
  private static final double TOLERANCE = 1e-10;
  private Scope scope;

  @BeforeEach
  void open() {
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static Tensor randn(long seed, long... sizes) {
    return Tensors.randn(seed, Tensors.options(ScalarType.Double), sizes);
  }

  /** J J'^T for Jacobians (c, n, d). */
  private static Tensor gram(Tensor j, Tensor k) {
    return j.flatten(0, 1)
        .matmul(k.flatten(0, 1).t())
        .view(j.size(0), j.size(1), k.size(0), k.size(1));
  }

  private static FMatDense kernel(Tensor j) {
    return FMatDense.of(gram(j, j));
  }

  private static void assertClose(Tensor a, Tensor b) {
    assertThat(Tensors.shape(a)).isEqualTo(Tensors.shape(b));
    assertThat(Tensors.item(a.sub(b).norm()))
        .isLessThan(TOLERANCE * Math.max(1, Tensors.item(b.norm())));
  }

  private static Tensor centred(Tensor rows) {
    return rows.sub(mean(rows));
  }

  private static Tensor mean(Tensor rows) {
    return Tensors.sum(rows, true, 0).div(Tensors.scalar((double) rows.size(0)));
  }

  @Test
  void principalComponentsAreThoseOfTheCentredGradients() {
    Tensor j = randn(1, 1, 7, 5);
    Tensor others = randn(2, 1, 4, 5);
    Tensor rows = centred(j.select(0, 0));
    var covariance =
        io.nngeometry.engine.SymmetricEigen.of(rows.t().matmul(rows).div(Tensors.scalar(7.0)));
    KernelPca pca = KernelPca.of(kernel(j), 3);
    Tensor variances = covariance.values().flip(0).narrow(0, 0, 3);
    assertClose(pca.variances(), variances);
    assertThat(pca.totalVariance())
        .isCloseTo(Tensors.item(covariance.values().sum()), within(TOLERANCE));
    assertThat(pca.explainedVariance()[1])
        .isCloseTo(
            Tensors.toArray(variances)[1] / Tensors.item(covariance.values().sum()),
            within(TOLERANCE));
    Tensor axes = covariance.vectors().flip(1).narrow(1, 0, 3);
    Tensor expected = rows.matmul(axes);
    // directions have no sign of their own
    Tensor sign = pca.scores().mul(expected).sum(0).sign();
    assertClose(pca.scores(), expected.mul(sign));
    Tensor projected = others.select(0, 0).sub(mean(j.select(0, 0))).matmul(axes).mul(sign);
    assertClose(pca.project(CrossFMat.of(gram(others, j))), projected);
    assertClose(pca.project(CrossFMat.of(gram(j, j))), pca.scores());
  }

  @Test
  void componentsWithoutVarianceAreLeftOut() {
    Tensor j = randn(1, 1, 7, 2);
    assertThat(KernelPca.of(kernel(j), 5).variances().size(0)).isEqualTo(2);
    assertThatThrownBy(() -> KernelPca.of(kernel(j), 0)).hasMessageContaining("one component");
    assertThatThrownBy(() -> KernelPca.of(kernel(randn(1, 2, 3, 4)), 1))
        .hasMessageContaining("overOutputs()");
  }

  @Test
  void alignmentIsTheCosineOfTheElements() {
    Tensor j = randn(3, 1, 6, 4);
    FMatDense k = kernel(j);
    Tensor y = Tensors.of(new double[] {1, 1, -1, 1, -1, -1}, 1, 6);
    Tensor m = k.matrix();
    double expected = Tensors.item(y.matmul(m).matmul(y.t()).sum()) / (6 * Tensors.item(m.norm()));
    assertThat(Alignment.withTarget(k, FVector.of(y))).isCloseTo(expected, within(TOLERANCE));
    Tensor h = Tensors.eye(m, 6).sub(Tensors.scalar(1.0 / 6));
    Tensor hkh = h.matmul(m).matmul(h);
    Tensor target = h.matmul(y.t().matmul(y)).matmul(h);
    double centred =
        Tensors.item(hkh.mul(target).sum())
            / Tensors.item(hkh.norm())
            / Tensors.item(target.norm());
    FVector shifted = FVector.of(y.add(Tensors.scalar(3)));
    assertThat(Alignment.centredWithTarget(k, shifted)).isCloseTo(centred, within(TOLERANCE));
    assertThat(Alignment.withTarget(k, shifted)).isNotCloseTo(expected, within(1e-3));
    Tensor labels = Tensors.of(new long[] {0, 2, 1, 0, 1, 2}, 6);
    Tensor oneHot = torch.one_hot(labels, 3).to(ScalarType.Double);
    Tensor same = oneHot.matmul(oneHot.t());
    assertThat(Alignment.withLabels(k, labels))
        .isCloseTo(
            Tensors.item(same.mul(m).sum()) / Tensors.item(m.norm()) / Tensors.item(same.norm()),
            within(TOLERANCE));
    Tensor hsh = h.matmul(same).matmul(h);
    assertThat(Alignment.centredWithLabels(k, labels))
        .isCloseTo(
            Tensors.item(hsh.mul(hkh).sum()) / Tensors.item(hkh.norm()) / Tensors.item(hsh.norm()),
            within(TOLERANCE));
    assertThat(Alignment.distance(k, k.times(3))).isCloseTo(0, within(TOLERANCE));
    FMatDense other = kernel(randn(4, 1, 6, 4));
    assertThat(Alignment.centredBetween(k, other))
        .isEqualTo(Alignment.centredBetween(other, k))
        .isBetween(0.0, 1.0);
    FMatDense constant = FMatDense.of(torch.ones_like(k.tensor()));
    assertThatThrownBy(() -> Alignment.centredBetween(k, constant))
        .hasMessageContaining("no alignment");
    assertThatThrownBy(() -> Alignment.between(k, kernel(randn(4, 1, 5, 4))))
        .hasMessageContaining("have no sum");
  }

  @Test
  void ranksAreThoseOfTheSpectrum() {
    Tensor m = Tensors.eye(randn(0, 1), 5).div(Tensors.scalar(2)).view(1, 5, 1, 5);
    FMatDense flat = FMatDense.of(m);
    assertThat(EffectiveRank.of(flat)).isCloseTo(5, within(TOLERANCE));
    assertThat(EffectiveRank.stable(flat)).isCloseTo(5, within(TOLERANCE));
    assertThat(EffectiveRank.dimension(flat, 0.5)).isCloseTo(2.5, within(TOLERANCE));
    FMatDense one = kernel(randn(5, 1, 5, 1));
    assertThat(EffectiveRank.of(one)).isCloseTo(1, within(1e-8));
    FMatDense k = kernel(randn(5, 2, 4, 3));
    Tensor inverse = k.inverse(0.3);
    assertThat(EffectiveRank.dimension(k, 0.3))
        .isCloseTo(Tensors.item(k.matrix().matmul(inverse).trace()), within(1e-9));
    assertThatThrownBy(() -> EffectiveRank.dimension(k, 0)).hasMessageContaining("positive");
    assertThatThrownBy(() -> EffectiveRank.of(k.times(0))).hasMessageContaining("zero");
  }

  @Test
  void ridgeRegressionIsItsDefinitionAndLeavesOutEachExample() {
    double lambda = 0.2;
    for (long outputs : new long[] {1, 3}) {
      Tensor j = randn(6, outputs, 7, 9);
      Tensor others = randn(7, outputs, 4, 9);
      FMatDense k = kernel(j);
      FVector y = FVector.of(randn(8, 3, 7));
      KernelRidge ridge = KernelRidge.fit(k, y, lambda);
      Tensor damped = k.matrix().add(Tensors.eye(k.matrix(), k.size()).mul(Tensors.scalar(lambda)));
      Tensor alpha =
          outputs == 1
              ? y.tensor().matmul(damped.inverse())
              : damped.inverse().matmul(y.tensor().reshape(-1)).view(3, 7);
      assertClose(ridge.coefficients().tensor(), alpha);
      CrossFMat cross = CrossFMat.of(gram(others, j));
      Tensor predicted =
          outputs == 1 ? cross.apply(alpha) : cross.apply(alpha.reshape(1, -1)).view(3, 4);
      assertClose(ridge.predict(cross).tensor(), predicted);
      assertClose(ridge.fitted().tensor(), ridge.predict(CrossFMat.of(gram(j, j))).tensor());
      Tensor left = Tensors.zeros(j, 3, 7);
      for (long i = 0; i < 7; i++) {
        Tensor rest = without(j, 1, i);
        KernelRidge without =
            KernelRidge.fit(kernel(rest), FVector.of(without(y.tensor(), 1, i)), lambda);
        CrossFMat mine = CrossFMat.of(gram(j.narrow(1, i, 1), rest));
        left.narrow(1, i, 1).copy_(without.predict(mine).tensor());
      }
      assertClose(ridge.leaveOneOut().tensor(), left);
    }
  }

  private static Tensor without(Tensor t, long axis, long i) {
    return Tensors.cat(
        java.util.List.of(t.narrow(axis, 0, i), t.narrow(axis, i + 1, t.size(axis) - i - 1)), axis);
  }

  @Test
  void regressionReadsClasses() {
    Tensor j = randn(9, 1, 6, 8);
    Tensor labels = Tensors.of(new long[] {0, 2, 1, 0, 1, 2}, 6);
    FVector y = KernelRidge.oneHot(labels, 3, j);
    KernelRidge ridge = KernelRidge.fit(kernel(j), y, 1e-6);
    assertThat(Tensors.toLongArray(KernelRidge.classes(ridge.fitted())))
        .containsExactly(0, 2, 1, 0, 1, 2);
    assertThat(KernelRidge.accuracy(ridge.fitted(), labels)).isEqualTo(1);
    Tensor wrong = Tensors.of(new long[] {0, 2, 1, 0, 1, 0}, 6);
    assertThat(KernelRidge.accuracy(ridge.fitted(), wrong)).isCloseTo(5.0 / 6, within(1e-15));
  }

  @Test
  void regressionRefusesWhatItCannotSolve() {
    FMatDense k = kernel(randn(6, 1, 7, 3));
    FVector y = FVector.of(randn(8, 1, 7));
    assertThatThrownBy(() -> KernelRidge.fit(k, y, 0)).isInstanceOf(SingularBlockException.class);
    assertThatThrownBy(() -> KernelRidge.fit(k, y, -1)).hasMessageContaining("at least zero");
    assertThatThrownBy(() -> KernelRidge.fit(k, FVector.of(randn(8, 1, 6)), 1))
        .hasMessageContaining("do not fit a kernel");
    FVector infinite = y.times(Double.POSITIVE_INFINITY);
    assertThatThrownBy(() -> KernelRidge.fit(k, infinite, 1)).hasMessageContaining("infinite");
  }

  @Test
  void linearisedTrainingIsThatOfTheLinearModel() {
    // d = 5 < c n = 12: the kernel is singular, and not every target can be met
    for (long d : new long[] {5, 40}) {
      Tensor j = randn(10, 2, 6, d).div(Tensors.scalar(3));
      Tensor others = randn(11, 2, 4, d).div(Tensors.scalar(3));
      Tensor f = randn(12, 2, 6);
      Tensor g = randn(13, 2, 4);
      Tensor y = randn(14, 2, 6);
      FMatDense k = kernel(j);
      CrossFMat cross = CrossFMat.of(gram(others, j));
      LinearisedTraining training = LinearisedTraining.of(k, FVector.of(f), FVector.of(y));
      long steps = 4000;
      double rate = 1e-3 / k.spectralNorm() * 4;
      Tensor w = Tensors.zeros(j, d);
      for (long s = 0; s < steps; s++) {
        try (Scope one = Scope.open()) {
          Tensor residual = f.add(j.matmul(w)).sub(y);
          Tensor gradient = j.flatten(0, 1).t().mv(residual.reshape(-1));
          w.sub_(gradient.mul(Tensors.scalar(rate)));
        }
      }
      LinearisedTraining.State after = training.afterSteps(steps, rate);
      assertClose(after.outputs().tensor(), f.add(j.matmul(w)));
      assertClose(after.outputs(FVector.of(g), cross).tensor(), g.add(others.matmul(w)));
      Tensor left = f.add(j.matmul(w)).sub(y);
      assertThat(after.loss()).isCloseTo(Tensors.item(left.square().sum()) / 2, within(TOLERANCE));
      // small steps follow the flow to first order in the step
      LinearisedTraining.State flow = training.at(steps * rate);
      double apart = Tensors.item(flow.outputs().tensor().sub(after.outputs().tensor()).norm());
      assertThat(apart).isBetween(1e-9, 5e-3);
      double half =
          Tensors.item(
              flow.outputs()
                  .tensor()
                  .sub(training.afterSteps(2 * steps, rate / 2).outputs().tensor())
                  .norm());
      assertThat(half / apart).isCloseTo(0.5, within(0.01));
      assertClose(training.at(0).outputs().tensor(), f);
      Tensor end = training.at(Double.POSITIVE_INFINITY).outputs().tensor();
      Tensor best =
          f.reshape(-1)
              .add(
                  j.flatten(0, 1)
                      .matmul(torch.linalg_pinv(j.flatten(0, 1)))
                      .mv(y.sub(f).reshape(-1)))
              .view(2, 6);
      assertClose(end, best);
      assertThatThrownBy(() -> training.at(-1)).hasMessageContaining("at least zero");
      assertThatThrownBy(() -> training.afterSteps(1, 2.1 / k.spectralNorm()))
          .hasMessageContaining("diverges");
    }
  }
}
