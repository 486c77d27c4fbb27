package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Jacobian;
import io.nngeometry.fisher.TangentKernel;
import io.nngeometry.kernel.LinearisedTraining;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.models.Mlp;
import io.nngeometry.operators.CrossFMat;
import io.nngeometry.operators.FMatDense;
import io.nngeometry.operators.PullBack;
import io.nngeometry.operators.PushForward;
import io.nngeometry.vectors.FVector;
import io.nngeometry.vectors.PVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

/**
 * Networks against their linearisations: training in closed form is gradient descent of the
 * linearised network, and that of the network itself where it is wide (Jacot et al. 2018; Lee et
 * al. 2019).
 */
class LazyTrainingTest {
  private static final long INPUTS = 8;
  private static final long TRAIN = 12;
  private static final long TEST = 5;

  /**
   * A trained perceptron beside its linearisation.
   *
   * @param kernelChange |K' - K| / |K| over the training, K the kernel on the training examples
   * @param apart |f' - l| / |l - f| on other examples, l the linearised network after as many steps
   * @param loss what is left of the loss
   */
  private record Outcome(double kernelChange, double apart, double loss) {}

  private static Tensor inputs(long seed, long n) {
    return Tensors.randn(seed, Tensors.options(ScalarType.Double), n, INPUTS);
  }

  private static FVector targets(Examples data) {
    Tensor[] signs = new Tensor[1];
    data.batches(data.size())
        .forEach(
            batch ->
                signs[0] =
                    Scope.detach(
                        batch.inputs().get(0).select(1, 0).sign().unsqueeze(0).contiguous()));
    return FVector.of(signs[0]);
  }

  private static FVector outputs(Mlp net, Examples data) {
    return FVector.of(Jacobian.of(net, data).outputs().t().contiguous()); // (c, n)
  }

  private static Mlp perceptron(long outputs, long width) {
    Mlp net = new Mlp(INPUTS, width, outputs);
    net.initialize(3).to(ScalarType.Double).eval();
    return net;
  }

  /** Full-batch gradient descent on (1/2) sum (f - y)^2. */
  private static Outcome trained(long width) {
    Mlp net = perceptron(1, width);
    Examples train = Examples.of(inputs(1, TRAIN));
    Examples test = Examples.of(inputs(2, TEST));
    FVector y = targets(train);
    FMatDense before = TangentKernel.of(net).on(train).dense();
    CrossFMat cross = TangentKernel.of(net).on(test).against(train).dense();
    FVector f = outputs(net, train);
    FVector g = outputs(net, test);
    double rate = 1 / before.spectralNorm();
    int steps = 400;
    LinearisedTraining.State linear = LinearisedTraining.of(before, f, y).afterSteps(steps, rate);
    double loss = Math.pow(f.minus(y).norm(), 2) / 2;
    for (int k = 0; k < steps; k++) {
      try (Scope scope = Scope.open()) {
        FVector residual = outputs(net, train).minus(y);
        Jacobian.of(net, train).pullBack().apply(residual).addToModel(-rate);
      }
    }
    FMatDense after = TangentKernel.of(net).on(train).dense();
    FVector expected = linear.outputs(g, cross);
    return new Outcome(
        after.minus(before).frobeniusNorm() / before.frobeniusNorm(),
        outputs(net, test).minus(expected).norm() / expected.minus(g).norm(),
        Math.pow(outputs(net, train).minus(y).norm(), 2) / 2 / loss);
  }

  @Test
  void theKernelOfAWideNetworkStaysAndThatOfANarrowOneMoves() {
    try (Scope scope = Scope.open()) {
      Outcome wide = trained(2048);
      Outcome narrow = trained(16);
      assertThat(wide.loss()).as("what is left of the loss").isLessThan(0.01);
      assertThat(narrow.loss()).as("what is left of the loss").isLessThan(0.01);
      assertThat(wide.kernelChange()).isLessThan(0.01);
      assertThat(narrow.kernelChange()).isGreaterThan(0.5);
      assertThat(wide.apart()).as("from the linearised network").isLessThan(0.01);
      assertThat(narrow.apart()).as("from the linearised network").isGreaterThan(0.1);
    }
  }

  @Test
  void trainingInClosedFormIsGradientDescentOfTheLinearisedNetwork() {
    try (Scope scope = Scope.open()) {
      Mlp net = perceptron(3, 6);
      Examples train = Examples.of(inputs(1, TRAIN)).batches(5);
      Examples test = Examples.of(inputs(2, TEST)).batches(2);
      TangentKernel kernel = TangentKernel.of(net);
      FMatDense k = kernel.on(train).dense();
      FVector f = outputs(net, train);
      FVector g = outputs(net, test);
      FVector y = FVector.random(3, TRAIN, 4, Tensors.options(f.tensor()));
      double rate = 1.5 / k.spectralNorm();
      int steps = 60;
      PushForward here = Jacobian.of(net, train).pushForward();
      PushForward there = Jacobian.of(net, test).pushForward();
      PullBack back = Jacobian.of(net, train).pullBack();
      PVector moved = PVector.zeros(LayerCollection.of(net));
      for (int s = 0; s < steps; s++) {
        FVector residual = f.plus(here.apply(moved)).minus(y);
        moved = moved.plus(-rate, back.apply(residual));
      }
      LinearisedTraining.State state = LinearisedTraining.of(k, f, y).afterSteps(steps, rate);
      FVector trained = f.plus(here.apply(moved));
      assertThat(Calculus.relativeError(state.outputs().tensor(), trained.tensor()))
          .isLessThan(1e-10);
      assertThat(state.loss() / (Math.pow(trained.minus(y).norm(), 2) / 2) - 1)
          .isBetween(-1e-10, 1e-10);
      CrossFMat cross = kernel.on(test).against(train).dense();
      assertThat(
              Calculus.relativeError(
                  state.outputs(g, cross).tensor(), g.plus(there.apply(moved)).tensor()))
          .isLessThan(1e-10);
      // parameters move by J^T a
      assertThat(Calculus.relativeError(back.apply(state.coefficients()).tensor(), moved.tensor()))
          .isLessThan(1e-10);
    }
  }
}
