package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.nngeometry.data.Examples;
import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.ExampleLoss;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Hessian;
import io.nngeometry.fisher.MemoryBudget;
import io.nngeometry.fisher.MemoryBudgetException;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Representation;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.linalg.DiagonalEstimate;
import io.nngeometry.linalg.Effort;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import io.nngeometry.nn.Sequential;
import io.nngeometry.nn.Tanh;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.PMat;
import io.nngeometry.operators.RefusedOperationException;
import io.nngeometry.operators.SingularBlockException;
import io.nngeometry.train.Loss;
import io.nngeometry.vectors.PFMap;
import io.nngeometry.vectors.PVector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The Hessian of a loss against double backward and against differences of gradients. */
class HessianTest {
  private static final double TOLERANCE = 1e-10;

  static List<String> nets() {
    return Golden.names();
  }

  private static Hessian hessian(Golden golden, GoldenNet net) {
    return Hessian.of(net, ExampleLoss.of(golden.classification())).on(golden.examples());
  }

  private static void assertClose(Tensor a, Tensor b, String what) {
    assertThat(Calculus.relativeError(a, b)).as(what).isLessThan(TOLERANCE);
  }

  /** By double backward through the whole loss, (d, d). */
  private static Tensor truth(Golden golden, GoldenNet net, LayerCollection layers) {
    Tensor f = net.forward(golden.input("x"));
    Tensor y = golden.input("y");
    Tensor loss =
        golden.outputs() == 1
            ? torch.softplus(f.squeeze(1)).sub(f.squeeze(1).mul(y.to(golden.type()))).sum()
            : torch.log_softmax(f, 1).gather(1, y.unsqueeze(1)).sum().neg();
    return Calculus.hessian(loss.div(Tensors.scalar(golden.size())), Calculus.leaves(layers));
  }

  @ParameterizedTest
  @MethodSource("nets")
  void everyRepresentationIsDoubleBackward(String name) {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      GoldenNet net = golden.net();
      LayerCollection layers = LayerCollection.of(net);
      Tensor truth = truth(golden, net, layers);
      Hessian hessian = hessian(golden, net).on(golden.examples().batches(100));
      PMat implicit = hessian.as(Representation.IMPLICIT);
      Tensor v = Tensors.randn(1, Tensors.options(truth), 3, layers.size());
      assertClose(implicit.apply(v), v.matmul(truth), "several products");
      assertClose(implicit.apply(v.narrow(0, 1, 1)), v.narrow(0, 1, 1).matmul(truth), "one");
      PVector one = PVector.of(layers, v.select(0, 0));
      double form = Tensors.item(v.select(0, 0).matmul(truth).dot(v.select(0, 0)));
      assertThat(implicit.quadraticForm(one))
          .isCloseTo(form, org.assertj.core.data.Offset.offset(TOLERANCE * Math.abs(form)));
      assertClose(
          implicit.quadratic(PFMap.of(layers, v.unsqueeze(0))),
          v.matmul(truth).mul(v).sum(1).unsqueeze(0),
          "quadratic forms");
      assertClose(hessian.as(Representation.DENSE).toDense(), truth, "dense");
      Tensor blocks = torch.zeros_like(truth);
      for (Layer layer : layers.layers()) {
        ContractCase.block(blocks, layer).copy_(ContractCase.block(truth, layer));
      }
      assertClose(hessian.as(Representation.BLOCK_DIAG).toDense(), blocks, "block-diagonal");
      assertClose(
          hessian.as(Representation.DIAG).diagonal().tensor(), truth.diagonal(), "diagonal");
      double scale = Calculus.norm(truth);
      assertThat(Math.abs(implicit.trace() - Tensors.item(truth.trace())) / scale)
          .isLessThan(TOLERANCE);
      Tensor values = torch.linalg_eigvalsh(truth);
      assertThat(implicit.spectralNorm() / Tensors.item(values.abs().max()))
          .isCloseTo(1, org.assertj.core.data.Offset.offset(1e-8));
      assertThat(Math.abs(implicit.smallestEigenvalue() - Tensors.item(values.min())) / scale)
          .isLessThan(TOLERANCE);
    }
  }

  @ParameterizedTest
  @MethodSource("nets")
  void differencesOfGradientsSayTheSame(String name) {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      GoldenNet net = golden.net();
      LayerCollection layers = LayerCollection.of(net);
      PVector v = PVector.random(layers, 4);
      if (name.equals("embedding_padding_idx")) {
        // that row counts as a constant, but a difference of gradients would move it
        JsonNode emb = golden.json().get("modules").get(0).get("args");
        long dim = emb.get("embedding_dim").asLong();
        v.tensor().narrow(0, emb.get("padding_idx").asLong() * dim, dim).zero_();
      }
      Tensor product = hessian(golden, net).as(Representation.IMPLICIT).mv(v).tensor();
      double step = 1e-5;
      Tensor plus = gradientAt(golden, net, layers, v, step);
      Tensor minus = gradientAt(golden, net, layers, v, -step);
      Tensor difference = plus.sub(minus).div(Tensors.scalar(2 * step));
      assertThat(Calculus.relativeError(product, difference)).isLessThan(1e-6);
    }
  }

  /** Gradient of the mean loss at w + step v, by the metric's score and one backward. */
  private static Tensor gradientAt(
      Golden golden, GoldenNet net, LayerCollection layers, PVector v, double step) {
    move(layers, v, step);
    Tensor f = net.forward(golden.input("x"));
    Tensor score = golden.classification().score(f.detach(), golden.input("y"));
    List<Tensor> g = Tensors.gradients(f, score.neg(), Calculus.leaves(layers), false);
    move(layers, v, -step);
    return Tensors.cat(g.stream().map(t -> t.reshape(-1)).toList(), 0)
        .div(Tensors.scalar(golden.size()));
  }

  private static void move(LayerCollection layers, PVector v, double step) {
    try (GradMode none = GradMode.disabled()) {
      for (Layer.Slot slot : layers.slots()) {
        Tensor mine = v.tensor().narrow(0, slot.offset(), slot.parameter().size());
        slot.parameter().tensor().add_(mine.view(slot.parameter().shape()), Tensors.scalar(step));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("nets")
  void batchesAndSubsetsDoNotShow(String name) {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      GoldenNet net = golden.net();
      LayerCollection all = LayerCollection.of(net);
      Hessian hessian = hessian(golden, net);
      Tensor whole = hessian.as(Representation.DENSE).toDense();
      Tensor v = Tensors.randn(2, Tensors.options(whole), 2, all.size());
      for (long batch : new long[] {1, 2, 100}) {
        PMat other = hessian.on(golden.examples().batches(batch)).as(Representation.IMPLICIT);
        assertClose(other.apply(v), v.matmul(whole), "batches of " + batch);
      }
      for (Layer layer : all.layers()) {
        LayerCollection one = all.only(layer.id());
        PMat mine = hessian.layers(one).as(Representation.IMPLICIT);
        Tensor part = v.narrow(1, layer.offset(), layer.size());
        Tensor block = ContractCase.block(whole, layer);
        double scale = Calculus.norm(block) + 1e-12 * Calculus.norm(whole);
        assertThat(Calculus.norm(mine.apply(part).sub(part.matmul(block))) / scale)
            .as("only " + layer.id())
            .isLessThan(TOLERANCE * Calculus.norm(part));
      }
    }
  }

  /** Loss, its metric or custom form, and targets for outputs (n, 3). */
  private record Case(ExampleLoss ours, BinaryOperator<Tensor> perExample, Tensor targets) {}

  private static Map<String, Case> losses(long n) {
    Tensor real = Tensors.randn(6, Tensors.options(ScalarType.Double), n, 3);
    Tensor classes = real.argmax(new org.bytedeco.pytorch.LongOptional(1), false);
    Tensor bits = real.gt(Tensors.scalar(0)).to(ScalarType.Double);
    Tensor counts = real.abs().mul(Tensors.scalar(3)).floor();
    BinaryOperator<Tensor> crossEntropy =
        (f, y) -> torch.log_softmax(f, 1).gather(1, y.unsqueeze(1)).neg().squeeze(1);
    BinaryOperator<Tensor> logistic = (f, y) -> torch.softplus(f).sub(f.mul(y)).sum(1);
    BinaryOperator<Tensor> squares = (f, y) -> f.sub(y).square().sum(1);
    BinaryOperator<Tensor> poisson = (f, y) -> f.exp().sub(f.mul(y)).sum(1);
    BinaryOperator<Tensor> quartic = (f, y) -> f.sub(y).square().square().sum(1);
    BinaryOperator<Tensor> linear = (f, y) -> f.mul(y).sum(1);
    BinaryOperator<Tensor> meanSquares = (f, y) -> f.sub(y).square().sum(1).div(Tensors.scalar(3));
    return Map.of(
        "cross entropy", new Case(ExampleLoss.crossEntropy(), crossEntropy, classes),
        "binary", new Case(ExampleLoss.binaryCrossEntropy(), logistic, bits),
        "squares", new Case(ExampleLoss.squaredError(), squares, real),
        "poisson", new Case(ExampleLoss.poisson(), poisson, counts),
        "own", new Case(ExampleLoss.of(quartic), quartic, real),
        "linear in the outputs", new Case(ExampleLoss.of(linear), linear, real),
        "a trainer's", new Case(ExampleLoss.of(Loss.crossEntropy()::of), crossEntropy, classes),
        "a trainer's squares",
            new Case(ExampleLoss.of(Loss.meanSquaredError()::of), meanSquares, real));
  }

  private static Module mlp(long in) {
    Module net = new Sequential(new Linear(in, 4), new Tanh(), new Linear(4, 3));
    net.initialize(3);
    net.to(ScalarType.Double);
    return net;
  }

  @Test
  void everyLoss() {
    try (Scope scope = Scope.open()) {
      Module net = mlp(5);
      LayerCollection layers = LayerCollection.of(net);
      Tensor x = Tensors.randn(5, Tensors.options(ScalarType.Double), 7, 5);
      losses(7)
          .forEach(
              (name, c) -> {
                Tensor mean = c.perExample.apply(net.forward(x), c.targets).sum();
                Tensor truth =
                    Calculus.hessian(mean.div(Tensors.scalar(7)), Calculus.leaves(layers));
                Hessian hessian = Hessian.of(net, c.ours).on(Examples.of(x, c.targets).batches(3));
                assertClose(hessian.as(Representation.IMPLICIT).toDense(), truth, name);
              });
    }
  }

  @Test
  void ofALinearModelItIsTheFisherMatrix() {
    try (Scope scope = Scope.open()) {
      Module net = new Linear(5, 3);
      net.to(ScalarType.Double);
      Tensor x = Tensors.randn(5, Tensors.options(ScalarType.Double), 7, 5);
      Tensor y = Tensors.of(new long[] {0, 1, 2, 0, 1, 2, 1}, 7);
      Examples data = Examples.of(x, y);
      Tensor fisher =
          Fisher.of(net, Metric.categorical()).on(data).as(Representation.DENSE).toDense();
      Hessian hessian = Hessian.of(net, ExampleLoss.crossEntropy()).on(data);
      assertClose(hessian.as(Representation.DENSE).toDense(), fisher, "dense");
      PVector v = PVector.random(LayerCollection.of(net), 8);
      assertClose(
          hessian.as(Representation.IMPLICIT).mv(v).tensor(), fisher.mv(v.tensor()), "implicit");
    }
  }

  @Test
  void anEstimatedDiagonalIsWithinItsErrors() {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read("mlp");
      GoldenNet net = golden.net();
      Hessian hessian = hessian(golden, net);
      Tensor exact = hessian.as(Representation.DIAG).diagonal().tensor();
      DiagonalEstimate estimate = hessian.diagonal(Effort.products(200), 1);
      Tensor deviations = estimate.values().sub(exact).div(estimate.standardErrors());
      // mean square of 100 nearly normal deviations: 1, give or take
      assertThat(Tensors.item(deviations.square().mean())).isBetween(0.4, 2.5);
      assertThat(estimate.products()).isEqualTo(200);
    }
  }

  @Test
  void whatNeedsAPositiveMatrixSaysSo() {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read("mlp");
      GoldenNet net = golden.net();
      Hessian hessian = hessian(golden, net);
      PMat implicit = hessian.as(Representation.IMPLICIT);
      PMat dense = hessian.as(Representation.DENSE);
      assertThat(implicit.smallestEigenvalue()).isNegative();
      assertClose(implicit.toDense(), dense.toDense(), "elements");
      assertClose(implicit.diagonal().tensor(), dense.diagonal().tensor(), "diagonal");
      assertThat(implicit.frobeniusNorm() / dense.frobeniusNorm())
          .isCloseTo(1, org.assertj.core.data.Offset.offset(TOLERANCE));
      double lambda = -implicit.smallestEigenvalue() / 2;
      PVector v = PVector.random(implicit.layers(), 1);
      for (PMat m : List.of(implicit, dense)) {
        assertThatThrownBy(() -> m.solve(v, Damping.tikhonov(lambda)))
            .isInstanceOf(SingularBlockException.class)
            .hasMessageContaining("greater damping");
        Damping enough = Damping.tikhonov(lambda * 3);
        PVector x = m.solve(v, enough);
        assertThat(Calculus.relativeError(m.mv(x).plus(lambda * 3, x).tensor(), v.tensor()))
            .isLessThan(1e-9);
      }
      assertThatThrownBy(() -> dense.power(0.5)).isInstanceOf(RefusedOperationException.class);
      assertThatThrownBy(() -> implicit.power(0.5)).isInstanceOf(RefusedOperationException.class);
      assertThatThrownBy(() -> hessian.as(Representation.KFAC))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("kfac")
          .hasMessageContaining("dense, block-diag and diag");
    }
  }

  @Test
  void badInputIsToldOnce() {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read("mlp");
      GoldenNet net = golden.net();
      Hessian hessian = hessian(golden, net);
      assertThatThrownBy(() -> Hessian.of(net, ExampleLoss.crossEntropy()).as(Representation.DENSE))
          .hasMessageContaining("call on(examples) first");
      assertThatThrownBy(() -> hessian.on(Examples.of(golden.input("x"))).as(Representation.DENSE))
          .hasMessageContaining("needs targets");
      assertThatThrownBy(
              () -> hessian.memoryBudget(new MemoryBudget(50_000)).as(Representation.DENSE))
          .isInstanceOf(MemoryBudgetException.class);
      PMat small = hessian.memoryBudget(new MemoryBudget(50_000)).as(Representation.IMPLICIT);
      assertThatThrownBy(small::smallestEigenvalue).isInstanceOf(RefusedOperationException.class);
      assertThatThrownBy(
              () ->
                  Hessian.of(net, ExampleLoss.of((f, y) -> f))
                      .on(golden.examples())
                      .as(Representation.DENSE))
          .hasMessageContaining("a number for each of");
      net.train();
      assertThatThrownBy(() -> hessian.on(golden.examples()).as(Representation.DENSE))
          .hasMessageContaining("eval()");
    }
  }

  /** A model whose normalisation is the engine's own, called beside the library. */
  private static final class Unwrapped extends Module {
    private final Linear first = register("first", new Linear(4, 6));
    private final Linear second = register("second", new Linear(6, 3));

    @Override
    public Tensor forward(Tensor x) {
      Tensor h = first.forward(x);
      var none = new org.bytedeco.pytorch.TensorOptional();
      return second.forward(torch.layer_norm(h, new long[] {6}, none, none, 1e-5, false).tanh());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatTheEngineGetsWrongInForwardModeIsFoundOut(boolean float64) {
    try (Scope scope = Scope.open()) {
      Module net = new Unwrapped();
      net.initialize(1);
      net.to(float64 ? ScalarType.Double : ScalarType.Float);
      Tensor x = Tensors.randn(5, Tensors.options(ScalarType.Double), 6, 4);
      Tensor y = Tensors.of(new long[] {0, 1, 2, 0, 1, 2}, 6);
      Tensor mine =
          Hessian.of(net, ExampleLoss.crossEntropy())
              .on(Examples.of(float64 ? x : x.to(ScalarType.Float), y).batches(4))
              .as(Representation.IMPLICIT)
              .toDense();
      net.to(ScalarType.Double);
      Tensor loss = torch.log_softmax(net.forward(x), 1).gather(1, y.unsqueeze(1)).mean().neg();
      Tensor truth = Calculus.hessian(loss, Calculus.leaves(LayerCollection.of(net)));
      assertThat(Calculus.relativeError(mine, truth)).isLessThan(float64 ? TOLERANCE : 1e-4);
    }
  }

  @Test
  void severalVectorsAreEachTheirOwn() {
    try (Scope scope = Scope.open()) {
      for (String name : List.of("conv2d_bn", "transformer", "conv_transpose2d", "embedding")) {
        Golden golden = Golden.read(name);
        GoldenNet net = golden.net();
        LayerCollection layers = LayerCollection.of(net);
        Fisher fisher = Fisher.of(net, golden.classification()).on(golden.examples());
        List<PMat> matrices =
            List.of(
                fisher.as(Representation.IMPLICIT),
                fisher.centred().as(Representation.IMPLICIT),
                hessian(golden, net).as(Representation.IMPLICIT));
        Tensor v = Tensors.randn(3, Tensors.options(ScalarType.Double), 4, layers.size());
        for (PMat m : matrices) {
          List<Tensor> looped = new ArrayList<>();
          List<Tensor> forms = new ArrayList<>();
          for (long k = 0; k < 4; k++) {
            looped.add(m.apply(v.narrow(0, k, 1)).squeeze(0));
            forms.add(m.quadratic(PVector.of(layers, v.select(0, k))));
          }
          assertClose(m.apply(v), Tensors.stack(looped, 0), name + " " + m);
          assertClose(
              m.quadratic(PFMap.of(layers, v.view(2, 2, layers.size()))),
              Tensors.stack(forms, 0).view(2, 2),
              name + " " + m);
        }
      }
    }
  }
}
