package io.nngeometry.operators;

import static io.nngeometry.operators.Matrices.LAYERS;
import static io.nngeometry.operators.Matrices.positive;
import static io.nngeometry.operators.Matrices.randn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.vectors.PVector;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

/** Decompositions are kept, and forgotten on request; numbers of parts make up the whole's. */
class DecompositionsTest {

  private static LayerwisePMat kroneckerAndDense() {
    return Matrices.blocks(
        Matrices.kronecker(positive(1, 4), positive(2, 4)), new DenseBlock(positive(3, 10)));
  }

  @Test
  void whatIsDroppedIsMadeAgain() {
    PVector v = PVector.of(LAYERS, randn(4, 26));
    for (PMat m : List.of(kroneckerAndDense(), new LowRankPMat(LAYERS, randn(5, 7, 26)))) {
      long bytes = m.bytes();
      Tensor solved = m.solve(v, Damping.tikhonov(0.1)).tensor();
      double norm = m.spectralNorm();
      assertThat(m.bytes()).isEqualTo(bytes);
      m.dropDecompositions();
      m.dropDecompositions();
      assertThat(m.bytes()).isEqualTo(bytes);
      assertThat(m.solve(v, Damping.tikhonov(0.1)).tensor().equal(solved)).isTrue();
      assertThat(m.spectralNorm()).isEqualTo(norm);
    }
  }

  @Test
  void decompositionsAreKeptUntilDropped() {
    // whoever changes a matrix behind its back sees the old decomposition, until it is dropped
    Tensor matrix = positive(1, 26);
    LayerwisePMat m = Matrices.dense(matrix);
    double before = m.spectralNorm();
    matrix.mul_(new Scalar(2));
    assertThat(m.spectralNorm()).isEqualTo(before);
    m.dropDecompositions();
    assertThat(m.spectralNorm()).isCloseTo(2 * before, within(1e-12));
    Tensor rows = randn(2, 5, 26);
    LowRankPMat low = new LowRankPMat(LAYERS, rows);
    double norm = low.spectralNorm();
    rows.mul_(new Scalar(2));
    assertThat(low.spectralNorm()).isEqualTo(norm);
    low.dropDecompositions();
    assertThat(low.spectralNorm()).isCloseTo(4 * norm, within(1e-10));
    Tensor left = positive(1, 4);
    KroneckerBlock kronecker = Matrices.kronecker(left, positive(2, 4));
    double greatest = kronecker.greatestEigenvalue();
    left.mul_(new Scalar(3));
    assertThat(kronecker.greatestEigenvalue()).isEqualTo(greatest);
    kronecker.dropDecompositions();
    assertThat(kronecker.greatestEigenvalue()).isCloseTo(3 * greatest, within(1e-12));
  }

  private static double sum(Map<String, Double> numbers) {
    assertThat(numbers).containsOnlyKeys("first", "second");
    return numbers.values().stream().mapToDouble(x -> x).sum();
  }

  @Test
  void numbersOfPartsMakeUpTheWhole() {
    LayerwisePMat m = kroneckerAndDense();
    PVector v = PVector.of(LAYERS, randn(4, 26));
    try (Scope scope = Scope.open()) {
      Tensor dense = m.toDense();
      Tensor second = dense.narrow(0, 16, 10).narrow(1, 16, 10);
      assertThat(m.byPart().trace().get("second"))
          .isCloseTo(Tensors.item(second.trace()), within(1e-12));
      assertThat(m.traceByLayer()).containsOnlyKeys("first", "second");
      assertThat(m.traceByLayer().get("second"))
          .isCloseTo(Tensors.item(second.trace()), within(1e-12));
    }
    assertThat(sum(m.byPart().trace())).isCloseTo(m.trace(), within(1e-12));
    double squares = m.byPart().frobeniusNorm().values().stream().mapToDouble(x -> x * x).sum();
    assertThat(Math.sqrt(squares)).isCloseTo(m.frobeniusNorm(), within(1e-12));
    assertThat(sum(m.byPart().logDeterminant(0.3))).isCloseTo(m.logDeterminant(0.3), within(1e-12));
    assertThat(sum(m.byPart().quadraticForm(v))).isCloseTo(m.quadraticForm(v), within(1e-12));
    assertThat(m.byPart().spectralNorm().values().stream().mapToDouble(x -> x).max().orElseThrow())
        .isEqualTo(m.spectralNorm());
    assertThat(
            m.byPart().smallestEigenvalue().values().stream()
                .mapToDouble(x -> x)
                .min()
                .orElseThrow())
        .isEqualTo(m.smallestEigenvalue());
    LayerwisePMat negative =
        Matrices.blocks(new DenseBlock(positive(1, 16)), m.block("second").times(-1));
    assertThatThrownBy(() -> negative.byPart().logDeterminant(0.01))
        .isInstanceOf(SingularBlockException.class)
        .hasMessageContaining("layer second");
  }

  @Test
  void aMatrixWithoutPartsHasTracesByLayerToo() {
    LowRankPMat low = new LowRankPMat(LAYERS, randn(5, 7, 26));
    assertThat(sum(low.traceByLayer())).isCloseTo(low.trace(), within(1e-10));
  }
}
