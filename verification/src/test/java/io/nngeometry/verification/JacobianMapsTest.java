package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Estimator;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Jacobian;
import io.nngeometry.fisher.Representation;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.operators.PMat;
import io.nngeometry.operators.PullBack;
import io.nngeometry.operators.PushForward;
import io.nngeometry.vectors.FVector;
import io.nngeometry.vectors.PFMap;
import io.nngeometry.vectors.PVector;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The maps J and J^T, stored and implicit, and implicit matrices over parts of a network. */
class JacobianMapsTest {
  private static final double TOLERANCE = 1e-10;

  static List<String> nets() {
    return Golden.names();
  }

  private static void assertClose(Tensor a, Tensor b, String what) {
    assertThat(Calculus.relativeError(a, b)).as(what).isLessThan(TOLERANCE);
  }

  @ParameterizedTest
  @MethodSource("nets")
  void implicitMapsAreTheStoredOnesAndAdjoint(String name) {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      GoldenNet net = golden.net();
      LayerCollection all = LayerCollection.of(net);
      Layer last = all.layers().get(all.layers().size() - 1);
      for (LayerCollection layers : List.of(all, all.only(last.id()))) {
        PFMap j = Jacobian.of(net, layers, golden.examples()).dense();
        TensorOptions options = Tensors.options(j.tensor());
        Tensor w = Tensors.randn(1, options, 3, layers.size());
        Tensor u = Tensors.randn(2, options, 3, j.outputs(), j.examples());
        Tensor jw = PushForward.of(j).apply(w);
        Tensor ju = PullBack.of(j).apply(u);
        assertThat(Tensors.shape(jw)).isEqualTo(Tensors.shape(u));
        for (long k = 0; k < 3; k++) {
          PVector v = PVector.of(layers, w.select(0, k));
          assertClose(jw.select(0, k), j.push(v).tensor(), "stored J w");
          FVector f = FVector.of(u.select(0, k));
          assertClose(ju.select(0, k), j.pull(f).tensor(), "stored J^T u");
        }
        for (long batch : new long[] {1, 3, 100}) {
          Jacobian jacobian = Jacobian.of(net, layers, golden.examples().batches(batch));
          PushForward push = jacobian.pushForward();
          PullBack pull = jacobian.pullBack();
          String what = layers + " in batches of " + batch;
          Tensor pushed = push.apply(w);
          Tensor pulled = pull.apply(u);
          assertClose(pushed, jw, what);
          assertClose(pulled, ju, what);
          double there = Tensors.item(pushed.mul(u).sum());
          double back = Tensors.item(pulled.mul(w).sum());
          assertThat(Math.abs(there - back))
              .as(what)
              .isLessThan(TOLERANCE * Calculus.norm(pushed) * Calculus.norm(u));
          PVector one = PVector.of(layers, w.select(0, 1));
          assertClose(push.apply(one).tensor(), jw.select(0, 1), what);
          assertClose(pull.apply(FVector.of(u.select(0, 1))).tensor(), ju.select(0, 1), what);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("nets")
  void implicitMatricesOverPartsAreBlocks(String name) {
    Map<String, Estimator> estimators =
        Map.of(
            "exact", Estimator.exact(),
            "monte carlo", Estimator.monteCarlo(2, 9),
            "empirical", Estimator.empirical(),
            "curvature propagation", Estimator.curvaturePropagation(2, 9));
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      GoldenNet net = golden.net();
      LayerCollection all = LayerCollection.of(net);
      Layer layer = all.layers().get(all.layers().size() / 2);
      LayerCollection part = all.only(layer.id());
      Fisher fisher = Fisher.of(net, golden.classification()).on(golden.examples());
      estimators.forEach(
          (how, estimator) -> {
            for (boolean centred : new boolean[] {false, true}) {
              Fisher mine = fisher.estimator(estimator);
              mine = centred ? mine.centred() : mine;
              Tensor block = ContractCase.block(mine.as(Representation.DENSE).toDense(), layer);
              PMat implicit = mine.layers(part).as(Representation.IMPLICIT);
              String what = how + (centred ? ", centred" : "");
              Tensor v = Tensors.randn(5, Tensors.options(block), 3, part.size());
              assertClose(implicit.apply(v), v.matmul(block), what);
              assertClose(
                  implicit.quadratic(PFMap.of(part, v.unsqueeze(0))),
                  v.matmul(block).mul(v).sum(1).unsqueeze(0),
                  what);
              assertThat(implicit.trace() / Tensors.item(block.trace()))
                  .as(what)
                  .isCloseTo(1, org.assertj.core.data.Offset.offset(TOLERANCE));
            }
          });
    }
  }

  @Test
  void shapesThatDoNotFitAreRefused() {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read("mlp");
      GoldenNet net = golden.net();
      Jacobian jacobian = Jacobian.of(net, golden.examples());
      TensorOptions options = Tensors.options(golden.input("v"));
      for (PullBack pull : List.of(jacobian.pullBack(), PullBack.of(jacobian.dense()))) {
        assertThatThrownBy(() -> pull.apply(FVector.random(2, 7, 0, options)))
            .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> pull.apply(FVector.random(3, 6, 0, options)))
            .isInstanceOf(IllegalArgumentException.class);
      }
      LayerCollection other = LayerCollection.of(net).only("fc1");
      for (PushForward push : List.of(jacobian.pushForward(), PushForward.of(jacobian.dense()))) {
        assertThatThrownBy(() -> push.apply(PVector.random(other, 0)))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("does not fit");
        assertThatThrownBy(() -> push.apply(Tensors.randn(0, options, 2, 5)))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("does not fit");
      }
    }
  }
}
