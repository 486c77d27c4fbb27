package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Estimator;
import io.nngeometry.fisher.ExampleLoss;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Representation;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.operators.LayerwisePMat;
import io.nngeometry.operators.PMat;
import io.nngeometry.vectors.PVector;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The second moment of the gradients of a user's loss, against a loop over the examples. */
class LossGradientsTest {
  private static final double TOLERANCE = 1e-10;

  /** No likelihood: a hinge to the targets' side that saturates, and a quartic. */
  private static final BinaryOperator<Tensor> LOSS =
      (f, y) -> {
        Tensor sign = y.reshape(y.size(0), 1).to(Tensors.type(f)).sub(new Scalar(0.5)).sign();
        Tensor quartic = f.pow(new Scalar(4)).mean(new long[] {1});
        return torch.softplus(f.mul(sign).neg()).square().sum(1).add(quartic);
      };

  private static final BinaryOperator<Tensor> CROSS_ENTROPY =
      (f, y) -> torch.log_softmax(f, 1).gather(1, y.unsqueeze(1)).squeeze(1).neg();

  static List<String> nets() {
    return Golden.names();
  }

  private static void assertClose(Tensor actual, Tensor expected, String what) {
    assertThat(Calculus.relativeError(actual, expected)).as(what).isLessThan(TOLERANCE);
  }

  /** Gradients of the examples' losses, (n, d), one at a time. */
  private static Tensor gradients(Golden golden, GoldenNet net, LayerCollection layers) {
    Tensor x = golden.input("x");
    Tensor y = golden.input("y");
    List<Tensor> rows = new ArrayList<>();
    for (long i = 0; i < x.size(0); i++) {
      Tensor loss = LOSS.apply(net.forward(x.narrow(0, i, 1)), y.narrow(0, i, 1)).sum();
      rows.add(Calculus.differentiableGradient(loss, Calculus.leaves(layers)).detach());
    }
    return Tensors.stack(rows, 0);
  }

  @ParameterizedTest
  @MethodSource("nets")
  void everyRepresentationAgreesWithALoopOverTheExamples(String name) {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      GoldenNet net = golden.net();
      LayerCollection layers = LayerCollection.of(net);
      Tensor g = gradients(golden, net, layers);
      for (boolean centred : new boolean[] {false, true}) {
        Fisher plain = Fisher.ofLoss(net, ExampleLoss.of(LOSS)).on(golden.examples());
        Fisher fisher = centred ? plain.centred() : plain;
        Tensor rows = centred ? g.sub(g.sum(0).div(Tensors.scalar(g.size(0)))) : g;
        Tensor truth = rows.t().matmul(rows).div(Tensors.scalar(g.size(0)));
        compare(name + (centred ? ", centred" : ""), fisher, truth);
      }
    }
  }

  private static void compare(String what, Fisher fisher, Tensor truth) {
    List<PMat> all =
        fisher.as(
            Representation.DENSE,
            Representation.LOW_RANK,
            Representation.IMPLICIT,
            Representation.BLOCK_DIAG,
            Representation.DIAG,
            Representation.QUASI_DIAG,
            Representation.EKFAC,
            Representation.KFAC,
            Representation.KFAC_REDUCE);
    LayerCollection layers = all.get(0).layers();
    PVector v = PVector.random(layers, 1);
    double trace = Tensors.item(truth.trace());
    for (PMat m : all.subList(0, 3)) {
      assertClose(m.mv(v).tensor(), truth.mv(v.tensor()), what + " " + m.representation());
      assertThat(m.quadraticForm(v))
          .as(what + " " + m.representation())
          .isCloseTo(
              Tensors.item(truth.mv(v.tensor()).dot(v.tensor())),
              org.assertj.core.data.Percentage.withPercentage(1e-7));
    }
    assertClose(all.get(0).toDense(), truth, what);
    assertClose(all.get(1).toDense(), truth, what);
    for (PMat m : all.subList(0, 6)) {
      assertClose(m.diagonal().tensor(), truth.diagonal(), what + " " + m.representation());
    }
    for (PMat m : all.subList(0, 7)) {
      assertThat(Math.abs(m.trace() - trace) / trace)
          .as(what + " trace of " + m.representation())
          .isLessThan(1e-9);
    }
    for (Layer layer : layers.layers()) {
      Tensor mine = ContractCase.block(truth, layer);
      assertClose(block(all.get(3), layer), mine, what + " " + layer.id());
      double ekfac = Calculus.norm(block(all.get(6), layer).sub(mine));
      double kfac = Calculus.norm(block(all.get(7), layer).sub(mine));
      assertThat(ekfac).as(what + " " + layer.id()).isLessThanOrEqualTo(kfac * (1 + 1e-9) + 1e-12);
    }
  }

  private static Tensor block(PMat m, Layer layer) {
    return ((LayerwisePMat) m).block(layer.id()).toDense();
  }

  /** The empirical Fisher matrix is the case of a likelihood, in every representation. */
  @Test
  void theEmpiricalFisherIsTheCrossEntropysSecondMoment() {
    try (Scope scope = Scope.open()) {
      for (String name : List.of("mlp", "conv2d_bn", "embedding", "tied_embedding")) {
        Golden golden = Golden.read(name);
        GoldenNet net = golden.net();
        Representation[] kinds =
            ContractCase.representations().values().toArray(Representation[]::new);
        List<PMat> loss =
            Fisher.ofLoss(net, ExampleLoss.of(CROSS_ENTROPY)).on(golden.examples()).as(kinds);
        List<PMat> empirical =
            Fisher.of(net, Metric.categorical())
                .on(golden.examples())
                .estimator(Estimator.empirical())
                .as(kinds);
        PVector v = PVector.random(loss.get(0).layers(), 2);
        for (int k = 0; k < kinds.length; k++) {
          assertClose(
              loss.get(k).mv(v).tensor(), empirical.get(k).mv(v).tensor(), name + " " + kinds[k]);
        }
      }
    }
  }

  @Test
  void aLossThatIsNoneIsRefused() {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read("mlp");
      GoldenNet net = golden.net();
      refused(net, golden.examples(), (f, y) -> f.square(), "a number for each of");
      refused(
          net,
          golden.examples(),
          (f, y) -> torch.ones(new long[] {f.size(0)}, Tensors.options(ScalarType.Double)),
          "does not depend on the outputs");
      refused(
          net,
          golden.examples(),
          (f, y) -> f.sum(1).mul(new Scalar(Double.NaN)),
          "NaN or infinite");
      refused(net, Examples.of(golden.input("x")), CROSS_ENTROPY, "needs labels");
      assertThatThrownBy(
              () ->
                  Fisher.ofLoss(net, ExampleLoss.of(CROSS_ENTROPY))
                      .on(golden.examples())
                      .estimator(Estimator.exact())
                      .as(Representation.DIAG))
          .hasMessageContaining("use the empirical estimator");
    }
  }

  private static void refused(
      GoldenNet net, Examples data, BinaryOperator<Tensor> loss, String why) {
    assertThatThrownBy(
            () -> Fisher.ofLoss(net, ExampleLoss.of(loss)).on(data).as(Representation.DIAG))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }
}
