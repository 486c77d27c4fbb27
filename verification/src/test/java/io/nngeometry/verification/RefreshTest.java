package io.nngeometry.verification;

import static io.nngeometry.fisher.Representation.BLOCK_DIAG;
import static io.nngeometry.fisher.Representation.DENSE;
import static io.nngeometry.fisher.Representation.DIAG;
import static io.nngeometry.fisher.Representation.EKFAC;
import static io.nngeometry.fisher.Representation.IMPLICIT;
import static io.nngeometry.fisher.Representation.KFAC;
import static io.nngeometry.fisher.Representation.LOW_RANK;
import static io.nngeometry.fisher.Representation.QUASI_DIAG;
import static io.nngeometry.fisher.Representation.layerwise;
import static io.nngeometry.fisher.Representation.refresh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.BlockKind;
import io.nngeometry.fisher.Estimator;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Plan;
import io.nngeometry.fisher.Representation;
import io.nngeometry.io.OperatorFile;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.nn.BatchNorm2d;
import io.nngeometry.nn.Conv2d;
import io.nngeometry.nn.ConvOptions;
import io.nngeometry.nn.Flatten;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import io.nngeometry.nn.Sequential;
import io.nngeometry.nn.Tanh;
import io.nngeometry.operators.EigenKroneckerBlock;
import io.nngeometry.operators.LayerwisePMat;
import io.nngeometry.operators.PMat;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** EKFAC's eigenvalues of other examples in eigenvectors that are there. */
class RefreshTest {
  private static final double TOLERANCE = 1e-10;

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
   * Its last layer sees 48 numbers of an example: more than twice as many as there are examples.
   */
  private static Module net() {
    return new Sequential(
            new Conv2d(ConvOptions.of(2, 4, 3).padding(1).groups(2)),
            new BatchNorm2d(4),
            new Tanh(),
            new Conv2d(4, 3, 2),
            new Tanh(),
            new Flatten(),
            new Linear(48, 3))
        .initialize(1)
        .to(ScalarType.Double)
        .eval();
  }

  private static Examples examples(long seed, long n) {
    return Examples.of(Tensors.randn(seed, Tensors.options(ScalarType.Double), n, 2, 5, 5))
        .batches(4);
  }

  private static Fisher fisher(Module net, long seed, long n) {
    return Fisher.of(net, Metric.categorical()).on(examples(seed, n));
  }

  private static double error(PMat actual, PMat expected) {
    return Calculus.relativeError(actual.toDense(), expected.toDense());
  }

  private static EigenKroneckerBlock eigen(PMat m, Layer layer) {
    return (EigenKroneckerBlock) ((LayerwisePMat) m).block(layer.id());
  }

  @Test
  void ofTheSameExamplesItIsEkfac() {
    Module net = net();
    for (Fisher f :
        List.of(
            fisher(net, 1, 7),
            fisher(net, 1, 7).estimator(Estimator.monteCarlo(2, 5)),
            fisher(net, 1, 7).centred())) {
      PMat ekfac = f.as(EKFAC);
      assertThat(error(f.as(refresh(ekfac)), ekfac)).isLessThan(TOLERANCE);
      assertThat(error(f.as(refresh(f.as(KFAC))), ekfac)).isLessThan(TOLERANCE);
      // with others, in one reading
      List<PMat> several = f.as(refresh(ekfac), DIAG, EKFAC, refresh(f.as(KFAC)));
      assertThat(error(several.get(0), ekfac)).isLessThan(TOLERANCE);
      assertThat(error(several.get(1), f.as(DIAG))).isLessThan(TOLERANCE);
      assertThat(error(several.get(2), ekfac)).isLessThan(TOLERANCE);
      assertThat(error(several.get(3), ekfac)).isLessThan(TOLERANCE);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void ofOthersItHasTheirSecondMomentsInTheGivenVectors(boolean centred) {
    Module net = net();
    Fisher before = fisher(net, 1, 7);
    Fisher after = centred ? fisher(net, 2, 9).centred() : fisher(net, 2, 9);
    PMat ekfac = before.as(EKFAC);
    Tensor kept = ekfac.toDense();
    List<PMat> m = after.as(refresh(ekfac), BLOCK_DIAG, EKFAC);
    LayerCollection layers = ekfac.layers();
    int lacking = 0;
    for (Layer layer : layers.layers()) {
      Tensor exact = ((LayerwisePMat) m.get(1)).block(layer.id()).toDense();
      Tensor mine = ((LayerwisePMat) m.get(0)).block(layer.id()).toDense();
      if (layer.matrix().isEmpty()) {
        assertThat(Calculus.relativeError(mine, exact)).isLessThan(TOLERANCE);
        continue;
      }
      EigenKroneckerBlock old = eigen(ekfac, layer);
      EigenKroneckerBlock now = eigen(m.get(0), layer);
      assertThat(now.leftBasis().equal(old.leftBasis())).isTrue();
      assertThat(now.rightBasis().equal(old.rightBasis())).isTrue();
      // the block projected on every eigenvector
      Tensor vectors = basis(old);
      Tensor moments = vectors.matmul(exact).mul(vectors).sum(1);
      assertThat(Calculus.relativeError(now.coefficients().reshape(-1), moments))
          .as(layer.id())
          .isLessThan(TOLERANCE);
      assertThat(now.trace()).isCloseTo(Tensors.item(exact.trace()), within(1e-12));
      if (old.missing() > 0) {
        lacking++;
        assertThat(old.rest()).isZero();
        assertThat(now.rest()).isPositive();
      }
    }
    assertThat(lacking).isPositive();
    assertThat(error(m.get(0), m.get(2))).isGreaterThan(1e-3);
    assertThat(ekfac.toDense().equal(kept)).as("the given matrix stays as it was").isTrue();
  }

  /** Flat products of left and right vectors as rows, by multiplying each with its coordinate. */
  private static Tensor basis(EigenKroneckerBlock block) {
    long count = block.coefficients().numel();
    long[] shape = Tensors.shape(block.coefficients());
    Tensor unit = Tensors.eye(block.coefficients(), block.size());
    // coordinates of the axes are the vectors' elements
    Tensor coordinates = block.coordinates(unit);
    assertThat(coordinates.numel()).isEqualTo(block.size() * Tensors.numel(shape));
    return coordinates.reshape(block.size(), count).t();
  }

  @Test
  void readFromAFileItServesToo() throws Exception {
    Module net = net();
    Fisher f = fisher(net, 1, 7);
    PMat ekfac = f.as(EKFAC);
    Path file = folder.resolve("ekfac.safetensors");
    OperatorFile.write(file, ekfac, Map.of());
    PMat read = OperatorFile.read(file, ekfac.layers());
    Fisher others = fisher(net, 2, 9);
    PMat refreshed = others.as(refresh(read));
    assertThat(error(refreshed, others.as(refresh(ekfac)))).isLessThan(TOLERANCE);
    // and with the eigenvalue of what is not spanned
    OperatorFile.write(file, refreshed, Map.of());
    assertThat(error(OperatorFile.read(file, ekfac.layers()), refreshed)).isZero();
  }

  @Test
  void someOfItsLayersAreEnough() {
    Module net = net();
    Fisher f = fisher(net, 1, 7);
    LayerwisePMat ekfac = (LayerwisePMat) f.as(EKFAC);
    PMat last = f.layers(LayerCollection.of(net).only("6")).as(refresh(ekfac));
    assertThat(last.toDense().sub(ekfac.block("6").toDense()).abs().max().item_double())
        .isLessThan(1e-14);
  }

  @Test
  void blocksWithoutEigenvectorsAreMadeAnew() {
    Module net = net();
    Representation mixed =
        layerwise(
            "mixed",
            layer ->
                switch (layer.id()) {
                  case "0" -> BlockKind.EKFAC;
                  case "1" -> BlockKind.DIAGONAL;
                  case "3" -> BlockKind.QUASI_DIAGONAL;
                  default -> BlockKind.IDENTITY;
                });
    PMat before = fisher(net, 1, 7).as(mixed);
    Fisher after = fisher(net, 2, 9);
    List<PMat> m = after.as(refresh(before), QUASI_DIAG);
    LayerwisePMat now = (LayerwisePMat) m.get(0);
    LayerwisePMat quasi = (LayerwisePMat) m.get(1);
    assertThat(Calculus.relativeError(now.block("3").toDense(), quasi.block("3").toDense()))
        .isLessThan(TOLERANCE);
    assertThat(Calculus.relativeError(now.block("1").diagonal(), quasi.block("1").diagonal()))
        .isLessThan(TOLERANCE);
    assertThat(now.block("6").kind()).isEqualTo("identity");
  }

  @Test
  void whatHasNoneIsRefused() {
    Module net = net();
    Fisher f = fisher(net, 1, 7);
    for (Representation r : List.of(DENSE, DIAG, IMPLICIT, LOW_RANK)) {
      PMat m = f.as(r);
      assertThatThrownBy(() -> refresh(m))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(r.name())
          .hasMessageContaining("an ekfac or a kfac matrix has");
    }
    PMat ekfac = f.as(EKFAC);
    LayerCollection weights = LayerCollection.of(net).whereParameter(p -> p.endsWith("weight"));
    assertThatThrownBy(() -> f.layers(weights).as(refresh(ekfac)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the matrix to refresh, over 4 layers")
        .hasMessageContaining("has no block for 0 (Conv2d, 36 parameters)");
    PMat last = f.layers(LayerCollection.of(net).only("6")).as(EKFAC);
    assertThatThrownBy(() -> f.as(refresh(last))).hasMessageContaining("has no block for 0");
    // as many numbers, but others
    Module other = new Sequential(new Linear(8, 2)).initialize(1).to(ScalarType.Double).eval();
    Module small = new Sequential(new Linear(5, 3)).initialize(1).to(ScalarType.Double).eval();
    Tensor five = Tensors.randn(1, Tensors.options(ScalarType.Double), 4, 5);
    Tensor eight = Tensors.randn(1, Tensors.options(ScalarType.Double), 4, 8);
    PMat smallest = Fisher.of(small, Metric.categorical()).on(Examples.of(five)).as(EKFAC);
    Fisher others = Fisher.of(other, Metric.categorical()).on(Examples.of(eight));
    assertThatThrownBy(() -> others.as(refresh(smallest)))
        .hasMessageContaining("has no block for 0 (Linear, 18 parameters)");
    ekfac.close();
    assertThatThrownBy(() -> f.as(refresh(ekfac))).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void thePlanIsOneReading() {
    Module net = net();
    Fisher f = fisher(net, 1, 7);
    PMat ekfac = f.as(EKFAC);
    Plan plan = f.plan(refresh(ekfac));
    assertThat(plan.readings()).isEqualTo(1);
    assertThat(plan.stored()).isEqualTo(ekfac.bytes());
    PMat kfac = f.as(KFAC);
    assertThat(f.plan(refresh(kfac)).stored()).isEqualTo(f.as(refresh(kfac)).bytes());
    assertThat(plan.forwardBackwards()).isLessThan(f.plan(EKFAC).forwardBackwards());
  }
}
