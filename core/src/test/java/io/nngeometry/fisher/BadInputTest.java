package io.nngeometry.fisher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.Parameter;
import io.nngeometry.layers.UncoveredParameterException;
import io.nngeometry.nn.BatchNorm1d;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.PMat;
import io.nngeometry.operators.SingularBlockException;
import io.nngeometry.vectors.FVector;
import io.nngeometry.vectors.PVector;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/** Whatever a user brings, the answer is one error that names the thing and what to do. */
class BadInputTest {
  private static final class Net extends Module {
    final Linear hidden = register("hidden", new Linear(4, 5));
    final BatchNorm1d norm = register("norm", new BatchNorm1d(5));
    final Linear head = register("head", new Linear(5, 3));

    @Override
    public Tensor forward(Tensor x) {
      return head.forward(norm.forward(hidden.forward(x)).tanh());
    }
  }

  private final Net net = net();

  private static Net net() {
    Net net = new Net();
    net.initialize(1);
    net.to(ScalarType.Double);
    return net;
  }

  private static Tensor inputs(long... shape) {
    return Tensors.randn(2, Tensors.options(ScalarType.Double), shape);
  }

  private Fisher fisher(Examples data) {
    return Fisher.of(net, Metric.categorical()).on(data);
  }

  private PMat kfac(Examples data) {
    return fisher(data).as(Representation.KFAC);
  }

  @Test
  void noExamplesCalled() {
    assertThatThrownBy(() -> Fisher.of(net, Metric.categorical()).as(Representation.KFAC))
        .hasMessageContaining("call on(examples)");
  }

  @Test
  void emptyData() {
    assertThatThrownBy(() -> Examples.of(inputs(0, 4)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least one example");
  }

  @Test
  void infiniteInputNamesTheExamples() {
    Tensor x = inputs(6, 4);
    x.select(0, 4).fill_(new Scalar(Double.POSITIVE_INFINITY));
    assertThatThrownBy(() -> kfac(Examples.of(x).batches(2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("examples 4 to 5")
        .hasMessageContaining("NaN or infinite");
  }

  @Test
  void nanWeightIsNamed() {
    Tensor w = Tensors.zeros(net.head.weight().tensor(), 3, 5);
    w.fill_(new Scalar(Double.NaN));
    net.head.weight().set(w);
    assertThatThrownBy(() -> kfac(Examples.of(inputs(4, 4))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("head.weight")
        .hasMessageContaining("NaN");
  }

  @Test
  void overflowingOutputsAreNamed() {
    Tensor huge = torch.ones(3, 5).to(ScalarType.Double).mul(new Scalar(1.7e308));
    net.head.weight().set(huge);
    net.hidden.bias().set(torch.ones(5).to(ScalarType.Double).mul(new Scalar(100)));
    assertThatThrownBy(() -> kfac(Examples.of(inputs(4, 4))))
        .hasMessageContaining("outputs on example 0 ");
  }

  @Test
  void wrongInputShapeNamesTheExamplesAndTheShape() {
    assertThatThrownBy(() -> kfac(Examples.of(inputs(4, 7))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("the model failed on example 0 of shape [1, 7]");
  }

  @Test
  void inputsOfAnotherTypeAreNotConvertedInSilence() {
    assertThatThrownBy(() -> kfac(Examples.of(inputs(4, 4).to(ScalarType.Float))))
        .hasMessageContaining("inputs are Float and the parameters Double");
  }

  @Test
  void mixedParameterTypesAreNamed() {
    net.head.weight().set(net.head.weight().tensor().to(ScalarType.Float));
    assertThatThrownBy(() -> kfac(Examples.of(inputs(4, 4))))
        .hasMessageContaining("head.weight is Float where others are Double");
  }

  @Test
  void trainingModeIsRefusedByName() {
    net.train();
    assertThatThrownBy(() -> kfac(Examples.of(inputs(4, 4))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("norm")
        .hasMessageContaining("eval()");
  }

  @Test
  void labelsOutOfRange() {
    Tensor y = Tensors.of(new long[] {0, 1, 3, 2}, 4);
    Fisher empirical = fisher(Examples.of(inputs(4, 4), y)).estimator(Estimator.empirical());
    assertThatThrownBy(() -> empirical.as(Representation.DIAG))
        .hasMessageContaining("a label is 3, but the model has classes 0 to 2");
  }

  @Test
  void labelsOfTheWrongShape() {
    Tensor y = Tensors.of(new long[] {0, 1, 1, 2}, 4, 1);
    Fisher empirical = fisher(Examples.of(inputs(4, 4), y)).estimator(Estimator.empirical());
    assertThatThrownBy(() -> empirical.as(Representation.DIAG))
        .hasMessageContaining("must have shape [4]");
  }

  @Test
  void missingLabels() {
    Fisher empirical = fisher(Examples.of(inputs(4, 4))).estimator(Estimator.empirical());
    assertThatThrownBy(() -> empirical.as(Representation.DIAG))
        .hasMessageContaining("needs labels");
  }

  @Test
  void labelsAndInputsOfDifferentLength() {
    assertThatThrownBy(() -> Examples.of(inputs(4, 4), Tensors.of(new long[] {0, 1}, 2)))
        .hasMessageContaining("the labels has 2 examples where the first input has 4");
  }

  @Test
  void oneLogitIsNoCategory() {
    Linear one = new Linear(4, 1);
    one.to(ScalarType.Double);
    assertThatThrownBy(
            () ->
                Fisher.of(one, Metric.categorical())
                    .on(Examples.of(inputs(4, 4)))
                    .as(Representation.DIAG))
        .hasMessageContaining("Metric.bernoulli()");
  }

  @Test
  void negativeDamping() {
    assertThatThrownBy(() -> Damping.tikhonov(-1)).hasMessageContaining("got -1.0");
    assertThatThrownBy(() -> Damping.tikhonov(Double.NaN)).hasMessageContaining("got NaN");
  }

  @Test
  void singularWithoutDampingNamesTheLayer() {
    try (PMat f = kfac(Examples.of(inputs(2, 4)))) {
      PVector v = PVector.random(f.layers(), 1);
      assertThatThrownBy(() -> f.solve(v, Damping.tikhonov(0)))
          .isInstanceOf(SingularBlockException.class)
          .hasMessageContaining("layer hidden")
          .hasMessageContaining("greater damping");
    }
  }

  @Test
  void tooLargeIsRefusedWithTheBytesAndWhatFits() {
    assertThatThrownBy(
            () ->
                fisher(Examples.of(inputs(4, 4)))
                    .memoryBudget(new MemoryBudget(4096))
                    .as(Representation.DENSE))
        .isInstanceOf(MemoryBudgetException.class)
        .hasMessageContaining("more than the budget of 4.0 KiB")
        .hasMessageContaining("diag")
        .hasMessageContaining("implicit");
  }

  @Test
  void vectorsOverOtherParameters() {
    try (PMat f = kfac(Examples.of(inputs(4, 4)))) {
      PVector v = PVector.random(LayerCollection.of(net).only("head"), 1);
      assertThatThrownBy(() -> f.mv(v)).hasMessageContaining("does not fit");
      assertThatThrownBy(() -> v.plus(PVector.random(f.layers(), 1)))
          .hasMessageContaining("different parameters");
    }
  }

  @Test
  void unknownLayersAreNamed() {
    assertThatThrownBy(() -> LayerCollection.of(net).without("hiden"))
        .hasMessageContaining("no layer 'hiden'")
        .hasMessageContaining("hidden, norm, head");
  }

  @Test
  void aParameterReadBareIsNamed() {
    Module bare =
        new Module() {
          private final Parameter scale = register("scale", new Parameter(inputs(3)));
          private final Linear fc = register("fc", new Linear(4, 3));

          @Override
          public Tensor forward(Tensor x) {
            return fc.forward(x).mul(scale.value());
          }
        };
    bare.to(ScalarType.Double);
    Fisher f = Fisher.of(bare, Metric.categorical()).on(Examples.of(inputs(4, 4)));
    assertThatThrownBy(() -> f.as(Representation.DIAG))
        .isInstanceOf(UncoveredParameterException.class)
        .hasMessageContaining("scale");
    try (PMat slow = f.perExampleFallback().as(Representation.DENSE);
        PMat implicit = f.as(Representation.IMPLICIT)) {
      PVector v = PVector.random(slow.layers(), 1);
      assertThat(slow.quadraticForm(v))
          .isCloseTo(
              implicit.quadraticForm(v), org.assertj.core.data.Percentage.withPercentage(1e-8));
    }
    // signals need a record, and tangents stand in for them
    Fisher drawn = f.estimator(Estimator.monteCarlo(1, 3));
    try (PMat slow = drawn.perExampleFallback().as(Representation.DENSE);
        PMat implicit = drawn.as(Representation.IMPLICIT)) {
      PVector v = PVector.random(slow.layers(), 1);
      PVector expected = slow.mv(v);
      for (int again = 0; again < 2; again++) {
        assertThat(implicit.mv(v).minus(expected).norm()).isLessThan(1e-12 * expected.norm());
      }
    }
  }

  @Test
  void functionVectorsOfTheWrongShape() {
    Jacobian j = Jacobian.of(net, Examples.of(inputs(4, 4)));
    FVector u = FVector.random(3, 5, 1, Tensors.options(ScalarType.Double));
    assertThatThrownBy(() -> j.pullBack().apply(u)).hasMessageContaining("data of 4");
    assertThatThrownBy(() -> j.dense().pull(u)).hasMessageContaining("(3, 5)");
  }

  @Test
  void closedThingsAnswerWithAnErrorAndNotACrash() {
    PMat f = kfac(Examples.of(inputs(4, 4)));
    PVector v = PVector.random(f.layers(), 1);
    f.close();
    assertThatThrownBy(() -> f.mv(v)).hasMessageContaining("closed");
    assertThatThrownBy(f::trace).hasMessageContaining("closed");
    v.close();
    assertThatThrownBy(() -> v.times(2)).hasMessageContaining("closed");
    PVector dead;
    try (Scope scope = Scope.open()) {
      dead = PVector.random(f.layers(), 1);
    }
    assertThatThrownBy(dead::norm).hasMessageContaining("closed");
  }

  @Test
  void aModelThatLosesTheBatchAxis() {
    Module mean =
        new Module() {
          private final Linear fc = register("fc", new Linear(4, 3));

          @Override
          public Tensor forward(Tensor x) {
            return fc.forward(x).mean(0);
          }
        };
    mean.to(ScalarType.Double);
    assertThatThrownBy(
            () ->
                Fisher.of(mean, Metric.categorical())
                    .on(Examples.of(inputs(4, 4)))
                    .as(Representation.DIAG))
        .hasMessageContaining("first axis must run over examples");
  }
}
