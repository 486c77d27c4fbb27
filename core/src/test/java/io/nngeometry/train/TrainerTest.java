package io.nngeometry.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.nn.Dropout;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import io.nngeometry.nn.ReLU;
import io.nngeometry.nn.Sequential;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TrainerTest {
  private static final long EXAMPLES = 130;
  private Scope scope;
  private Tensor inputs;
  private Tensor labels;

  @BeforeEach
  void points() {
    scope = Scope.open();
    inputs = Tensors.randn(1, Tensors.options(ScalarType.Float), EXAMPLES, 2);
    // inside or outside a circle
    labels = inputs.mul(inputs).sum(1).gt(Tensors.scalar(1.2)).to(ScalarType.Long);
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static Module net() {
    return new Sequential(new Linear(2, 32), new ReLU(), new Dropout(0.05, 4), new Linear(32, 2))
        .initialize(3);
  }

  private static Trainer trainer() {
    return Trainer.of(Loss.crossEntropy()).learningRate(0.02).batchSize(32).seed(5);
  }

  @Test
  void learnsASeparableProblem() {
    Module net = net();
    List<Progress> calls = new ArrayList<>();
    History history = trainer().epochs(40).listener(calls::add).train(net, inputs, labels);
    assertThat(Accuracy.of(net, inputs, labels, 50)).isGreaterThan(0.95);
    assertThat(net.isTraining()).isFalse();
    assertThat(net.partsInTraining()).isEmpty();
    assertThat(history.epochLosses()).hasSize(40);
    assertThat(history.lastLoss()).isLessThan(history.epochLosses().get(0) / 2);
    assertThat(calls).hasSize(40 * 5).hasSameSizeAs(history.losses());
    Progress last = calls.get(calls.size() - 1);
    assertThat(last.examplesSeen()).isEqualTo(40 * EXAMPLES).isEqualTo(last.examplesInAll());
    assertThat(last.batch()).isEqualTo(4);
    assertThat(last.step()).isEqualTo(199);
    assertThat(last.learningRate()).isEqualTo(0.02);
  }

  @Test
  void everyOptimiserLearns() {
    for (Optimizer rule :
        List.of(new SGD().momentum(0.9).withNesterov(), new Adam().decoupledWeightDecay(0.01))) {
      Module net = net();
      trainer().optimizer(rule).epochs(40).train(net, inputs, labels);
      assertThat(Accuracy.of(net, inputs, labels, 50)).isGreaterThan(0.95);
    }
  }

  @Test
  void theSameSeedsGiveTheSameTraining() {
    History first = trainer().epochs(2).train(net(), inputs, labels);
    assertThat(trainer().epochs(2).train(net(), inputs, labels)).isEqualTo(first);
    assertThat(trainer().seed(6).epochs(2).train(net(), inputs, labels)).isNotEqualTo(first);
  }

  @Test
  void anInfiniteLossStopsWithTheStep() {
    Module net = net();
    inputs.narrow(0, 0, 1).fill_(Tensors.scalar(Double.NaN));
    assertThatThrownBy(() -> trainer().batchSize(200).train(net, inputs, labels))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("step 0")
        .hasMessageContaining("learning rate 0.02");
    assertThat(net.isTraining()).isFalse();
  }

  @Test
  void badTrainingDataIsRefused() {
    Trainer trainer = trainer();
    assertThatThrownBy(() -> trainer.train(net(), inputs, labels.narrow(0, 0, 3)))
        .hasMessageContaining("130 inputs and 3 targets");
    assertThatThrownBy(() -> trainer.train(net(), inputs, labels.add(torch.ones_like(labels))))
        .hasMessageContaining("labels must be 0 to 1");
    assertThatThrownBy(() -> trainer.train(net(), inputs, labels.to(ScalarType.Float)))
        .hasMessageContaining("int64");
    assertThatThrownBy(() -> trainer.batchSize(0)).hasMessageContaining("batch size");
  }

  @Test
  void lossesAreMeans() {
    Tensor logits = Tensors.of(new double[] {0, 0, 0, Math.log(3), 0, 0}, 1, 3, 2);
    Tensor target = Tensors.of(new long[] {1, 0}, 1, 2);
    // at position 0 all logits are 0; at position 1 they are 0, log 3, 0
    double expected = (Math.log(3) + Math.log(5)) / 2;
    assertThat(Tensors.item(Loss.crossEntropy().of(logits, target)))
        .isCloseTo(expected, within(1e-12));
    assertThat(Tensors.item(Loss.crossEntropy(-1).of(logits.transpose(1, 2), target)))
        .isCloseTo(expected, within(1e-12));
    Tensor two = Tensors.of(new double[] {1, 3}, 2, 1);
    assertThat(Tensors.item(Loss.meanSquaredError().of(two, torch.zeros_like(two)))).isEqualTo(5);
    assertThat(
            Tensors.item(
                Loss.binaryCrossEntropy()
                    .of(two.mul(Tensors.scalar(0)), two.gt(Tensors.scalar(2)))))
        .isCloseTo(Math.log(2), within(1e-12));
    assertThatThrownBy(() -> Loss.meanSquaredError().of(two, two.select(1, 0)))
        .hasMessageContaining("shape");
  }

  @Test
  void accuracyOfOneLogit() {
    Module sign = new Linear(1, 1, false);
    sign.namedParameters().get("weight").set(Tensors.of(new double[] {1}, 1, 1));
    Tensor x = Tensors.of(new double[] {-1, 2, 3}, 3, 1);
    assertThat(Accuracy.of(sign, x, Tensors.of(new long[] {0, 1, 0}, 3), 2))
        .isCloseTo(2.0 / 3, within(1e-12));
  }
}
