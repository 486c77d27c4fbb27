package io.nngeometry.verification;

import static io.nngeometry.fisher.Representation.EKFAC;
import static io.nngeometry.fisher.Representation.KFAC;
import static io.nngeometry.fisher.Representation.KFAC_REDUCE;
import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Estimator;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Representation;
import io.nngeometry.io.OperatorFile;
import io.nngeometry.nn.Conv2d;
import io.nngeometry.nn.ConvOptions;
import io.nngeometry.nn.Flatten;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import io.nngeometry.nn.Sequential;
import io.nngeometry.nn.Tanh;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.EigenKroneckerBlock;
import io.nngeometry.operators.KroneckerBlock;
import io.nngeometry.operators.LayerwisePMat;
import io.nngeometry.operators.PMat;
import io.nngeometry.vectors.PVector;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layers that see fewer vectors than those have elements. */
class FewVectorsTest {
  private static final double TOLERANCE = 1e-10;
  private static final long N = 5;

  private Scope scope;
  @TempDir private Path folder;

  @BeforeEach
  void open() {
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /**
   * The first layer has 4 positions of 54 numbers an example, 20 in all; the second 20 numbers, and
   * 30 outputs; the last 30 inputs.
   */
  private static Module net(ScalarType type) {
    return new Sequential(
            new Conv2d(ConvOptions.of(6, 5, 3)),
            new Flatten(),
            new Tanh(),
            new Linear(20, 30, false),
            new Tanh(),
            new Linear(30, 3))
        .initialize(1)
        .to(type)
        .eval();
  }

  private static Tensor images(ScalarType type) {
    return Tensors.randn(3, Tensors.options(ScalarType.Double), N, 6, 4, 4).to(type);
  }

  private static Fisher fisher(ScalarType type, long batch) {
    return Fisher.of(net(type), Metric.categorical()).on(Examples.of(images(type)).batches(batch));
  }

  private static KroneckerBlock kronecker(PMat m, String layer) {
    return (KroneckerBlock) ((LayerwisePMat) m).block(layer);
  }

  private static void assertClose(Tensor actual, Tensor expected, double tolerance) {
    assertThat(Calculus.relativeError(actual, expected)).isLessThan(tolerance);
  }

  @Test
  void theirFactorsAreRootsOfTheMoments() {
    Fisher f = fisher(ScalarType.Double, N);
    PMat kfac = f.as(KFAC);
    // 55 = 54 and the bias; 20 vectors
    assertThat(kronecker(kfac, "0").tensors()).containsOnlyKeys("left", "right_root");
    assertThat(Tensors.shape(kronecker(kfac, "0").tensors().get("right_root")))
        .containsExactly(1, 55, 20);
    // of 5 examples with two cotangents each: 10 signals of 30, 5 inputs of 20
    assertThat(kronecker(kfac, "3").tensors()).containsOnlyKeys("left_root", "right_root");
    assertThat(Tensors.shape(kronecker(kfac, "3").tensors().get("left_root")))
        .containsExactly(1, 30, 10);
    assertThat(Tensors.shape(kronecker(kfac, "3").tensors().get("right_root")))
        .containsExactly(1, 20, 5);
    // 5 inputs of 31, and 3 outputs
    assertThat(kronecker(kfac, "5").tensors()).containsOnlyKeys("left", "right_root");
    // by hand: patches
    Tensor x = images(ScalarType.Double);
    Tensor patches = x.unfold(2, 3, 1).unfold(3, 3, 1).permute(0, 2, 3, 1, 4, 5).reshape(20, 54);
    Tensor ones = Tensors.empty(x, 20, 1).fill_(Tensors.scalar(1));
    Tensor rows = Tensors.cat(List.of(patches, ones), 1);
    assertClose(
        kronecker(kfac, "0").right().squeeze(0),
        rows.t().matmul(rows).div(new Scalar((double) N)),
        TOLERANCE);
  }

  @Test
  void theWayOfBatchingAndSummingDoesNotMatter() {
    PVector v = PVector.random(fisher(ScalarType.Double, N).as(KFAC).layers(), 7);
    for (Representation r : List.of(KFAC, KFAC_REDUCE, EKFAC)) {
      Tensor expected = fisher(ScalarType.Double, N).as(r).mv(v).tensor();
      Tensor solved = fisher(ScalarType.Double, N).as(r).solve(v, Damping.tikhonov(0.1)).tensor();
      PMat one = fisher(ScalarType.Double, 1).as(r);
      assertClose(one.mv(v).tensor(), expected, TOLERANCE);
      assertClose(one.solve(v, Damping.tikhonov(0.1)).tensor(), solved, TOLERANCE);
      for (PMat single :
          List.of(
              fisher(ScalarType.Float, 2).as(r),
              fisher(ScalarType.Float, 2).accumulateIn(ScalarType.Double).as(r))) {
        assertThat(Tensors.type(single.tensors().values().iterator().next()))
            .isEqualTo(ScalarType.Float);
        PVector w = PVector.of(single.layers(), v.tensor().to(ScalarType.Float));
        assertClose(single.mv(w).tensor(), expected, 1e-5);
        assertClose(single.solve(w, Damping.tikhonov(0.1)).tensor(), solved, 1e-5);
      }
    }
  }

  @Test
  void ekfacHasAsManyVectors() {
    PMat ekfac = fisher(ScalarType.Double, 2).as(EKFAC);
    EigenKroneckerBlock block = (EigenKroneckerBlock) ((LayerwisePMat) ekfac).block("3");
    assertThat(Tensors.shape(block.leftBasis())).containsExactly(1, 30, 10);
    assertThat(Tensors.shape(block.rightBasis())).containsExactly(1, 20, 5);
    assertThat(Tensors.shape(block.coefficients())).containsExactly(1, 10, 5);
    assertThat(block.rest()).isZero();
    assertThat(block.missing()).isEqualTo(600 - 50);
  }

  @Test
  void whatIsPlannedIsStored() {
    for (Fisher f :
        List.of(
            fisher(ScalarType.Double, 2),
            fisher(ScalarType.Double, 2).centred(),
            fisher(ScalarType.Double, 2).estimator(Estimator.monteCarlo(1, 3)),
            fisher(ScalarType.Float, 2))) {
      for (Representation r : List.of(KFAC, KFAC_REDUCE, EKFAC)) {
        assertThat(f.plan(r).stored()).as("%s", r).isEqualTo(f.as(r).bytes());
      }
    }
  }

  @Test
  void filesHoldWhatIsStored() throws Exception {
    for (Representation r : List.of(KFAC, EKFAC)) {
      PMat m = fisher(ScalarType.Double, 2).as(r);
      Path file = folder.resolve(r.name() + ".safetensors");
      OperatorFile.write(file, m, Map.of());
      PMat read = OperatorFile.read(file, m.layers());
      assertThat(read.bytes()).isEqualTo(m.bytes());
      assertThat(read.tensors().keySet()).isEqualTo(m.tensors().keySet());
      assertThat(read.toDense().equal(m.toDense())).isTrue();
    }
  }
}
