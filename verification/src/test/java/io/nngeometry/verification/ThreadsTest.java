package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.Engine;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Outputs;
import io.nngeometry.fisher.Representation;
import io.nngeometry.fisher.TangentKernel;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.LayerwisePMat;
import io.nngeometry.operators.PMat;
import io.nngeometry.vectors.PVector;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The number of threads does not show in a matrix, nor in a kernel. */
class ThreadsTest {
  /** Operands lie elsewhere in memory, and a BLAS rounds by where they lie. */
  private static final double ROUNDING = 1e-13;

  /** Iterations that end by a criterion end where rounding lets them. */
  private static final double ITERATED = 1e-7;

  private final int before = Engine.threads();

  static List<String> nets() {
    return Golden.names();
  }

  @AfterEach
  void asBefore() {
    Engine.setThreads(before);
  }

  @ParameterizedTest
  @MethodSource("nets")
  void ofMatrices(String name) {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      GoldenNet net = golden.net();
      for (boolean centred : new boolean[] {false, true}) {
        Fisher plain = Fisher.of(net, golden.classification()).on(golden.examples().batches(3));
        Fisher fisher = centred ? plain.centred() : plain;
        assertSame(() -> matrices(fisher), centred ? "centred " : "");
      }
    }
  }

  private static Map<String, Tensor> matrices(Fisher fisher) {
    Map<String, Representation> some = ContractCase.representations();
    Map<String, Tensor> found = new LinkedHashMap<>();
    List<PMat> all = fisher.as(some.values().toArray(Representation[]::new));
    int k = 0;
    for (String name : some.keySet()) {
      PMat matrix = all.get(k++);
      PVector v = PVector.random(matrix.layers(), 1);
      found.put(name + " product", matrix.mv(v).tensor());
      found.put(name + " trace", Tensors.of(new double[] {matrix.trace()}, 1));
      if (!name.contains("quasi")) {
        found.put(name + " inverse's solution", inverse(matrix, v));
        found.put(name + " solution", matrix.solve(v, Damping.tikhonov(0.1)).tensor());
      }
    }
    found.put(
        "ekfac alone", fisher.as(Representation.EKFAC).mv(PVector.random(layers(all), 1)).tensor());
    return found;
  }

  private static Tensor inverse(PMat matrix, PVector v) {
    if (!(matrix instanceof LayerwisePMat)) {
      return v.tensor();
    }
    try (PMat inverse = matrix.inverse(Damping.tikhonov(0.1))) {
      return inverse.mv(v).tensor();
    }
  }

  private static io.nngeometry.layers.LayerCollection layers(List<PMat> all) {
    return all.get(0).layers();
  }

  @ParameterizedTest
  @MethodSource("nets")
  void ofKernels(String name) {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      TangentKernel kernel = TangentKernel.of(golden.net()).on(golden.examples().batches(2));
      assertSame(
          () -> {
            Map<String, Tensor> found = new LinkedHashMap<>();
            found.put("all outputs", kernel.dense().tensor());
            found.put("centred", kernel.centred().dense().tensor());
            kernel.byLayer().forEach((id, k) -> found.put("layer " + id, k.tensor()));
            Scope.Owner owner = Scope.owner();
            List<Tensor> tiles = new ArrayList<>();
            kernel
                .outputs(Outputs.sum())
                .forEachTile((r, n, c, m, k) -> tiles.add(owner.adopt(k.get().flatten().clone())));
            found.put("tiles", Tensors.cat(tiles, 0));
            found.put(
                "against", kernel.against(golden.examples().first(3).batches(1)).dense().toDense());
            found.put("trace", Tensors.of(new double[] {kernel.implicit().trace()}, 1));
            return found;
          },
          "");
    }
  }

  private static void assertSame(
      java.util.function.Supplier<Map<String, Tensor>> compute, String what) {
    Engine.setThreads(1);
    Map<String, Tensor> one = compute.get();
    Engine.setThreads(3);
    Map<String, Tensor> three = compute.get();
    one.forEach(
        (name, t) ->
            assertThat(Calculus.relativeError(three.get(name), t))
                .as(what + name)
                .isLessThan(
                    name.equals("implicit solution")
                        ? ITERATED
                        : name.endsWith("solution") ? 1e-11 : ROUNDING));
  }
}
