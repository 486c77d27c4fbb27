package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.Scope;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Jacobian;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Representation;
import io.nngeometry.io.program.ExportedProgram;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.operators.PMat;
import io.nngeometry.vectors.FVector;
import io.nngeometry.vectors.PVector;
import java.io.IOException;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every golden net as the program that PyTorch exported. */
class ExportedProgramGoldenTest {
  private static final double TOLERANCE = 1e-10;

  static List<String> nets() {
    return Golden.names();
  }

  private static void same(String what, Tensor actual, Tensor expected) {
    Calculus.assertClose(what, actual, expected, TOLERANCE);
  }

  @ParameterizedTest
  @MethodSource("nets")
  void layersAreThoseOfTheNetThatTheDescriptionBuilds(String name) throws IOException {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      ExportedProgram program = golden.program();
      assertThat(program.uncovered()).isEmpty();
      LayerCollection mine = LayerCollection.of(program);
      LayerCollection theirs = LayerCollection.of(golden.net());
      assertThat(mine).isEqualTo(theirs);
      assertThat(mine.layers().stream().map(l -> l.id() + " @" + l.offset() + " " + l.matrix()))
          .containsExactlyElementsOf(
              theirs.layers().stream()
                  .map(l -> l.id() + " @" + l.offset() + " " + l.matrix())
                  .toList());
    }
  }

  @ParameterizedTest
  @MethodSource("nets")
  void outputsAndDerivativesAreTheTruth(String name) throws IOException {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      ExportedProgram program = golden.program();
      Jacobian jacobian = Jacobian.of(program, golden.examples());
      same("logits", jacobian.outputs(), golden.expected("truth.logits"));
      same("jacobian", jacobian.dense().tensor(), golden.expected("truth.jacobian"));
      LayerCollection layers = LayerCollection.of(program);
      PVector v = PVector.of(layers, golden.input("v"));
      same("jvp", jacobian.pushForward().apply(v).tensor(), golden.expected("truth.jvp"));
      FVector u = FVector.of(golden.input("u"));
      same("vjp", jacobian.pullBack().apply(u).tensor(), golden.expected("truth.vjp"));
      Tensor one = program.forward(golden.input("x").narrow(0, 2, 1));
      same("a batch of one", one, golden.expected("truth.logits").narrow(0, 2, 1));
    }
  }

  @ParameterizedTest
  @MethodSource("nets")
  void matricesAreThoseOfTheNetThatTheDescriptionBuilds(String name) throws IOException {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      Representation[] kinds = {
        Representation.DENSE,
        Representation.DIAG,
        Representation.BLOCK_DIAG,
        Representation.QUASI_DIAG,
        Representation.KFAC,
        Representation.EKFAC,
        Representation.LOW_RANK,
        Representation.IMPLICIT
      };
      for (Metric metric : List.of(golden.classification(), Metric.gaussian())) {
        List<PMat> mine = Fisher.of(golden.program(), metric).on(golden.examples()).as(kinds);
        List<PMat> theirs = Fisher.of(golden.net(), metric).on(golden.examples()).as(kinds);
        for (int k = 0; k < kinds.length; k++) {
          same(kinds[k] + " " + metric, mine.get(k).toDense(), theirs.get(k).toDense());
        }
      }
    }
  }
}
