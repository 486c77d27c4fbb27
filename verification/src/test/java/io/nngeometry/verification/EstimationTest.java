package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Estimator;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Representation;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.operators.LayerwisePMat;
import io.nngeometry.operators.PMat;
import io.nngeometry.vectors.PVector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How a matrix came about does not show in it: batches, passes, halves, seeds, subsets. */
class EstimationTest {
  private static final double TOLERANCE = 1e-10;
  private static final Map<String, Estimator> ESTIMATORS =
      Map.of(
          "exact", Estimator.exact(),
          "monte carlo", Estimator.monteCarlo(2, 9),
          "empirical", Estimator.empirical(),
          "curvature propagation", Estimator.curvaturePropagation(2, 9));

  static List<String> nets() {
    return Golden.names();
  }

  private static Fisher fisher(Golden golden, GoldenNet net) {
    return Fisher.of(net, golden.classification()).on(golden.examples());
  }

  private static void assertClose(Tensor a, Tensor b, String what) {
    assertThat(Calculus.relativeError(a, b)).as(what).isLessThan(TOLERANCE);
  }

  @ParameterizedTest
  @MethodSource("nets")
  void batchesAndPassesDoNotShow(String name) {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      GoldenNet net = golden.net();
      Representation[] all = ContractCase.representations().values().toArray(Representation[]::new);
      for (Estimator estimator : ESTIMATORS.values()) {
        Fisher fisher = fisher(golden, net).estimator(estimator);
        List<PMat> together = fisher.as(all);
        for (long batch : new long[] {1, 3}) {
          List<PMat> other = fisher.on(golden.examples().batches(batch)).as(all);
          for (int k = 0; k < all.length; k++) {
            PVector v = PVector.random(together.get(k).layers(), 1);
            assertClose(
                other.get(k).mv(v).tensor(),
                together.get(k).mv(v).tensor(),
                all[k] + " in batches of " + batch);
          }
        }
        PMat alone = fisher.as(Representation.EKFAC);
        PVector v = PVector.random(alone.layers(), 1);
        assertClose(
            alone.mv(v).tensor(),
            together.get(List.of(all).indexOf(Representation.EKFAC)).mv(v).tensor(),
            "alone");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("nets")
  void exactRepresentationsAgreeAndOthersAreTheirParts(String name) {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      GoldenNet net = golden.net();
      for (Map.Entry<String, Estimator> e : ESTIMATORS.entrySet()) {
        for (boolean centred : new boolean[] {false, true}) {
          Fisher plain = fisher(golden, net).estimator(e.getValue());
          Fisher fisher = centred ? plain.centred() : plain;
          String what = e.getKey() + (centred ? ", centred" : "");
          List<PMat> m =
              fisher.as(
                  Representation.DENSE,
                  Representation.IMPLICIT,
                  Representation.LOW_RANK,
                  Representation.BLOCK_DIAG,
                  Representation.DIAG,
                  Representation.QUASI_DIAG,
                  Representation.EKFAC,
                  Representation.KFAC);
          Tensor dense = m.get(0).toDense();
          Tensor v = PVector.random(m.get(0).layers(), 2).tensor().unsqueeze(0);
          assertClose(m.get(1).apply(v), v.matmul(dense), what + " implicit");
          assertThat(m.get(1).trace())
              .as(what)
              .isCloseTo(m.get(0).trace(), org.assertj.core.data.Percentage.withPercentage(1e-7));
          PVector p = PVector.of(m.get(0).layers(), v.squeeze(0));
          assertThat(m.get(1).quadraticForm(p))
              .as(what)
              .isCloseTo(
                  m.get(0).quadraticForm(p), org.assertj.core.data.Percentage.withPercentage(1e-7));
          assertClose(m.get(2).toDense(), dense, what + " low-rank");
          Tensor blocks = torch.zeros_like(dense);
          for (Layer layer : m.get(0).layers().layers()) {
            layer
                .of(blocks)
                .narrow(0, layer.offset(), layer.size())
                .copy_(layer.of(dense).narrow(0, layer.offset(), layer.size()));
          }
          assertClose(m.get(3).toDense(), blocks, what + " block-diag");
          for (int k : new int[] {4, 5, 0}) {
            assertClose(m.get(k).diagonal().tensor(), dense.diagonal(), what + " diagonal " + k);
          }
          // EKFAC's coefficients are the best diagonal in KFAC's basis
          double toEkfac = Calculus.norm(m.get(6).toDense().sub(blocks));
          double toKfac = Calculus.norm(m.get(7).toDense().sub(blocks));
          assertThat(toEkfac).as(what).isLessThanOrEqualTo(toKfac * (1 + 1e-9) + 1e-12);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("nets")
  void halvesMergeToTheWhole(String name) {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      GoldenNet net = golden.net();
      Tensor x = golden.input("x");
      Tensor y = golden.input("y");
      long n = x.size(0);
      long half = n / 2;
      Fisher whole = fisher(golden, net);
      Fisher first = whole.on(Examples.of(x.narrow(0, 0, half), y.narrow(0, 0, half)));
      Fisher second =
          whole.on(Examples.of(x.narrow(0, half, n - half), y.narrow(0, half, n - half)));
      for (Representation r :
          List.of(
              Representation.DENSE,
              Representation.BLOCK_DIAG,
              Representation.DIAG,
              Representation.QUASI_DIAG,
              Representation.LOW_RANK,
              Representation.KFAC,
              Representation.KFAC_REDUCE,
              Representation.IMPLICIT)) {
        PMat merged = first.as(r).merged(half, second.as(r), n - half);
        PVector v = PVector.random(merged.layers(), 3);
        assertClose(merged.mv(v).tensor(), whole.as(r).mv(v).tensor(), r.name());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("nets")
  void subsetsAreSubBlocks(String name) {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      GoldenNet net = golden.net();
      LayerCollection all = LayerCollection.of(net);
      Fisher fisher = fisher(golden, net);
      Tensor full = fisher.as(Representation.DENSE).toDense();
      for (Layer layer : all.layers()) {
        LayerCollection one = all.only(layer.id());
        PMat mine = fisher.layers(one).as(Representation.DENSE);
        assertClose(
            mine.toDense(),
            layer.of(full).narrow(0, layer.offset(), layer.size()),
            "only " + layer.id());
        implicitIsDense(fisher.layers(one), "implicit " + layer.id());
      }
      if (all.slots().stream().anyMatch(s -> s.name().endsWith(".bias"))) {
        LayerCollection biases = all.whereParameter(p -> p.endsWith(".bias"));
        List<Tensor> rows = new ArrayList<>();
        all.slots().stream()
            .filter(s -> s.name().endsWith(".bias"))
            .forEach(
                s ->
                    rows.add(
                        torch
                            .arange(
                                Tensors.scalar(s.offset()),
                                Tensors.scalar(s.offset() + s.parameter().size()))
                            .to(ScalarType.Long)));
        Tensor index = Tensors.cat(rows, 0);
        assertClose(
            fisher.layers(biases).as(Representation.DENSE).toDense(),
            full.index_select(0, index).index_select(1, index),
            "biases");
        implicitIsDense(fisher.layers(biases), "implicit biases");
        LayerCollection weights = all.whereParameter(p -> !p.endsWith(".bias"));
        implicitIsDense(fisher.layers(weights), "implicit, but for biases");
      }
    }
  }

  /** Products by tangents, and by signals where each example has one cotangent. */
  private static void implicitIsDense(Fisher fisher, String what) {
    for (Estimator e : List.of(Estimator.exact(), Estimator.empirical())) {
      List<PMat> m = fisher.estimator(e).as(Representation.DENSE, Representation.IMPLICIT);
      LayerCollection layers = m.get(0).layers();
      Tensor rows =
          Tensors.stack(
              List.of(PVector.random(layers, 4).tensor(), PVector.random(layers, 5).tensor()), 0);
      assertClose(m.get(1).apply(rows), rows.matmul(m.get(0).toDense()), what);
    }
  }

  @Test
  void samplingIsUnbiased() {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read("mlp_binary");
      GoldenNet net = golden.net();
      Golden classes = Golden.read("rms_norm");
      unbiased(fisher(golden, net));
      unbiased(fisher(classes, classes.net()));
    }
  }

  private static void unbiased(Fisher fisher) {
    int seeds = 300;
    Tensor exact = fisher.as(Representation.DENSE).toDense();
    for (boolean labels : new boolean[] {true, false}) {
      Tensor sum = torch.zeros_like(exact);
      Tensor squares = torch.zeros_like(exact);
      for (int seed = 0; seed < seeds; seed++) {
        try (Scope inner = Scope.open()) {
          Estimator e =
              labels ? Estimator.monteCarlo(1, seed) : Estimator.curvaturePropagation(1, seed);
          Tensor m = fisher.estimator(e).as(Representation.DENSE).toDense();
          sum.add_(m);
          squares.add_(m.square());
        }
      }
      Tensor mean = sum.div(Tensors.scalar(seeds));
      Tensor variance = squares.div(Tensors.scalar(seeds)).sub(mean.square());
      // over all elements: E |mean - exact|^2 = sum of variances / seeds; a sign on one logit has
      // none
      double variances = Math.max(0, Tensors.item(variance.sum())) / seeds + 1e-16;
      assertThat(Tensors.item(mean.sub(exact).square().sum()) / variances)
          .as(labels ? "labels" : "signs")
          .isLessThan(4);
      // and a biased one, twice the matrix, would not pass
      assertThat(Tensors.item(exact.square().sum()) / variances).isGreaterThan(4);
    }
  }

  @Test
  void penaltiesBackPropagate() {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read("conv2d_bn");
      GoldenNet net = golden.net();
      LayerCollection layers = LayerCollection.of(net);
      PVector before = PVector.random(layers, 5);
      for (Representation r : Representation.byName().values()) {
        if (r == Representation.IMPLICIT) {
          continue;
        }
        PMat m = fisher(golden, net).as(r);
        PVector way = PVector.parameters(layers).minus(before);
        PVector gradient = PVector.gradient(layers, m.quadratic(way).div(Tensors.scalar(2)));
        assertClose(gradient.tensor(), m.mv(way.detached()).tensor(), r.name());
      }
    }
  }

  @Test
  void sumsInFloat64ComeCloser() {
    try (Scope scope = Scope.open()) {
      Golden wide = Golden.read("mlp");
      Golden narrow = Golden.read("mlp", ScalarType.Float);
      Tensor truth = fisher(wide, wide.net()).as(Representation.DENSE).toDense();
      PMat m =
          fisher(narrow, narrow.net()).accumulateIn(ScalarType.Double).as(Representation.DENSE);
      assertThat(Tensors.type(m.toDense())).isEqualTo(ScalarType.Float);
      assertThat(Calculus.relativeError(m.toDense().to(ScalarType.Double), truth)).isLessThan(1e-5);
      assertThat(((LayerwisePMat) m).parts()).hasSize(1);
    }
  }
}
