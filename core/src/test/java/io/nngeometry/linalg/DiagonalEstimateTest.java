package io.nngeometry.linalg;

import static io.nngeometry.linalg.Dense.DOUBLE;
import static io.nngeometry.linalg.Dense.FLOAT;
import static io.nngeometry.linalg.Dense.error;
import static io.nngeometry.linalg.Dense.ofSpectrum;
import static io.nngeometry.linalg.Dense.wishart;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Diagonals by products against the diagonals. */
class DiagonalEstimateTest {
  private interface Kind {
    DiagonalEstimate of(
        Effort effort, long seed, Monitor monitor, LinearOperator m, TensorOptions options);
  }

  static Stream<Arguments> kinds() {
    Kind hutchinson =
        (effort, seed, monitor, m, options) ->
            Hutchinson.of(effort, seed).monitored(monitor).diagonal(m, options);
    Kind cross =
        (effort, seed, monitor, m, options) ->
            XDiag.of(effort, seed).monitored(monitor).diagonal(m, options);
    return Stream.of(Arguments.of("Hutchinson", hutchinson), Arguments.of("XDiag", cross));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void everyCoordinateIsUnbiasedAndWithinItsErrorAsOftenAsPromised(String name, Kind kind) {
    Tensor matrix = ofSpectrum(1, 60, k -> Math.pow(k, -1));
    Tensor truth = matrix.diagonal();
    int seeds = 200;
    long covered = 0;
    Tensor sum = torch.zeros_like(truth);
    Tensor squares = torch.zeros_like(truth);
    Tensor believed = torch.zeros_like(truth);
    for (int seed = 0; seed < seeds; seed++) {
      try (Scope scope = Scope.open()) {
        DiagonalEstimate e =
            kind.of(Effort.products(60), seed, Monitor.SILENT, new Dense(matrix), DOUBLE);
        assertThat(e.products()).isEqualTo(60);
        Tensor off = e.values().sub(truth);
        covered += off.abs().lt(e.standardErrors().mul(new Scalar(2))).sum().item_long();
        sum.add_(off);
        squares.add_(off.square());
        believed.add_(e.standardErrors().square());
      }
    }
    double rate = covered / 60.0 / seeds;
    // chi square of the bias of 60 coordinates, which are not quite independent
    double bias = Tensors.item(sum.square().div(squares).sum()) / 60;
    double ratio = Math.sqrt(Tensors.item(believed.sum()) / Tensors.item(squares.sum()));
    assertThat(rate).isBetween(0.9, 0.99);
    assertThat(bias).isBetween(0.4, 1.9);
    assertThat(ratio).isBetween(0.8, 1.25);
  }

  @Test
  void decayingSpectraAreWhereSketchesPay() {
    Tensor matrix = ofSpectrum(2, 100, k -> Math.pow(k, -2));
    double hutchinson = 0;
    double cross = 0;
    for (int seed = 0; seed < 20; seed++) {
      hutchinson +=
          error(
              Hutchinson.of(Effort.products(60), seed).diagonal(new Dense(matrix), DOUBLE).values(),
              matrix.diagonal());
      cross +=
          error(
              XDiag.of(Effort.products(60), seed).diagonal(new Dense(matrix), DOUBLE).values(),
              matrix.diagonal());
    }
    assertThat(cross).isLessThan(hutchinson / 5);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void simpleMatricesAreExact(String name, Kind kind) {
    Effort effort = Effort.products(44);
    Tensor diagonal = torch.diag(ofSpectrum(1, 40, k -> k).diagonal());
    Tensor zero = torch.zeros(new long[] {9, 9}, DOUBLE);
    for (Tensor matrix :
        name.equals("XDiag")
            ? new Tensor[] {wishart(1, 50, 7), wishart(1, 5, 9), wishart(1, 1, 1), zero}
            : new Tensor[] {diagonal, wishart(1, 1, 1), zero}) {
      DiagonalEstimate e = kind.of(effort, 1, Monitor.SILENT, new Dense(matrix), DOUBLE);
      assertThat(error(e.values(), matrix.diagonal())).isLessThan(1e-12);
      assertThat(e.relativeError()).isLessThan(1e-12);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void aToleranceIsReachedOrSaidNotToBe(String name, Kind kind) {
    Tensor matrix = ofSpectrum(1, 100, k -> Math.pow(k, -1));
    DiagonalEstimate enough =
        kind.of(Effort.within(0.1, 100_000), 5, Monitor.SILENT, new Dense(matrix), DOUBLE);
    assertThat(enough.within(0.1)).isTrue();
    assertThat(error(enough.values(), matrix.diagonal())).isLessThan(0.2);
    DiagonalEstimate few =
        kind.of(Effort.within(1e-6, 40), 5, Monitor.SILENT, new Dense(matrix), DOUBLE);
    assertThat(few.within(1e-6)).isFalse();
    assertThat(few.products()).isEqualTo(40);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void aResumedEstimateIsTheSameToTheLastBit(String name, Kind kind) {
    Tensor matrix = ofSpectrum(1, 150, k -> Math.pow(k, -0.5));
    for (Effort effort : new Effort[] {Effort.products(200), Effort.within(0.1, 3000)}) {
      Dense whole = new Dense(matrix);
      DiagonalEstimate expected = kind.of(effort, 5, Monitor.SILENT, whole, DOUBLE);
      for (long stop : new long[] {1, whole.vectors / 2, whole.vectors - 1}) {
        Map<String, Tensor> state =
            Cancelling.state(m -> kind.of(effort, 5, m, new Dense(matrix), DOUBLE), stop);
        DiagonalEstimate resumed =
            kind.of(effort, 5, Monitor.SILENT.resuming(state), new Dense(matrix), DOUBLE);
        assertThat(resumed.values().equal(expected.values())).isTrue();
        assertThat(resumed.standardErrors().equal(expected.standardErrors())).isTrue();
        assertThat(resumed.products()).isEqualTo(expected.products());
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void floatsWork(String name, Kind kind) {
    Tensor matrix = ofSpectrum(1, 100, k -> Math.pow(k, -1)).to(ScalarType.Float);
    DiagonalEstimate e = kind.of(Effort.products(80), 5, Monitor.SILENT, new Dense(matrix), FLOAT);
    assertThat(Tensors.type(e.values())).isEqualTo(ScalarType.Float);
    assertThat(Tensors.type(e.standardErrors())).isEqualTo(ScalarType.Float);
    assertThat(error(e.values(), matrix.diagonal())).isLessThan(3 * e.relativeError());
  }

  @Test
  void badInputIsNamed() {
    Dense m = new Dense(wishart(1, 9, 9));
    Hutchinson gaussian =
        new Hutchinson(Effort.products(9), Probes.Distribution.GAUSSIAN, 1, Monitor.SILENT);
    assertThatThrownBy(() -> gaussian.diagonal(m, DOUBLE)).hasMessageContaining("signs");
    assertThatThrownBy(() -> XDiag.of(Effort.products(2), 1).diagonal(m, DOUBLE))
        .hasMessageContaining("got 2");
    assertThatThrownBy(
            () -> XDiag.of(Effort.products(9), 1).diagonal(new LanczosTest.Skew(), DOUBLE))
        .hasMessageContaining("symmetric");
  }
}
