package io.nngeometry.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.nn.BatchNorm1d;
import io.nngeometry.nn.Dropout;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import io.nngeometry.nn.ReLU;
import io.nngeometry.nn.Sequential;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A training that goes on from a saved state is the training that was never interrupted. */
class ResumedTrainerTest {
  private static final int STEPS_PER_EPOCH = 5;

  private Scope scope;
  private Tensor inputs;
  private Tensor labels;

  @BeforeEach
  void points() {
    scope = Scope.open();
    inputs = Tensors.randn(1, Tensors.options(ScalarType.Float), 130, 2);
    labels = inputs.mul(inputs).sum(1).gt(Tensors.scalar(1.2)).to(ScalarType.Long);
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** All that has a memory or draws at random. */
  private static Module net() {
    return new Sequential(
            new Linear(2, 16),
            new BatchNorm1d(16),
            new ReLU(),
            new Dropout(0.3, 4),
            new Linear(16, 2))
        .initialize(3);
  }

  private static Trainer trainer(Optimizer rule) {
    Augmentation noise =
        (x, seed) -> x.add(Tensors.randn(seed, Tensors.options(x), Tensors.shape(x)));
    return Trainer.of(Loss.crossEntropy())
        .optimizer(rule)
        .schedule(Schedule.milestones(0.05, java.util.List.of(7L), 0.1))
        .augmentation(noise)
        .batchSize(32)
        .epochs(3)
        .seed(5);
  }

  private static Map<String, double[]> values(Map<String, Tensor> state) {
    Map<String, double[]> values = new LinkedHashMap<>();
    state.forEach((name, t) -> values.put(name, Tensors.toArray(t)));
    return values;
  }

  /** What the training leaves, and what it says, resumed after {@code step} steps. */
  private void assertSame(Optimizer rule, int step) {
    Module whole = net();
    Map<String, Tensor> state = new LinkedHashMap<>();
    History history =
        trainer(rule)
            .listener(
                now -> {
                  if (now.step() + 1 == step) {
                    now.state().forEach((name, t) -> state.put(name, Scope.detach(t.clone())));
                  }
                })
            .train(whole, inputs, labels);
    assertThat(state).isNotEmpty();
    Module resumed = net().initialize(99); // whatever it was
    History same = trainer(rule).resuming(state).train(resumed, inputs, labels);
    assertThat(same).isEqualTo(history);
    Map<String, double[]> wanted = values(whole.state());
    values(resumed.state())
        .forEach((name, w) -> assertThat(w).as(name).isEqualTo(wanted.get(name)));
    state.values().forEach(Tensor::close);
  }

  @ParameterizedTest(name = "after {0} steps")
  @ValueSource(ints = {1, 4, STEPS_PER_EPOCH, 8, 3 * STEPS_PER_EPOCH})
  void anyStepWillDo(int step) {
    assertSame(new SGD().momentum(0.9).weightDecay(5e-4), step);
  }

  @Test
  void everyOptimiserHasItsMemorySaved() {
    assertSame(new SGD(), 7);
    assertSame(new SGD().momentum(0.9).withNesterov(), 7);
    assertSame(new Adam().decoupledWeightDecay(0.01), 7);
  }

  @Test
  void theMemoryMatters() {
    Module whole = net();
    trainer(new SGD().momentum(0.9)).train(whole, inputs, labels);
    Map<String, Tensor> state = new LinkedHashMap<>();
    trainer(new SGD().momentum(0.9))
        .listener(
            now -> {
              if (now.step() == 6) {
                now.state().forEach((name, t) -> state.put(name, Scope.detach(t.clone())));
              }
            })
        .train(net(), inputs, labels);
    state.keySet().stream()
        .filter(n -> n.startsWith("optimizer/"))
        .forEach(n -> state.get(n).zero_());
    Module forgetful = net();
    trainer(new SGD().momentum(0.9)).resuming(state).train(forgetful, inputs, labels);
    assertThat(values(forgetful.state()).get("0.weight"))
        .isNotEqualTo(values(whole.state()).get("0.weight"));
  }

  @Test
  void theStateOfAnotherTrainingIsRefused() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    trainer(new SGD().momentum(0.9))
        .listener(now -> now.state().forEach((name, t) -> state.put(name, Scope.detach(t.clone()))))
        .train(net(), inputs, labels);
    Trainer adam = trainer(new Adam()).resuming(state);
    assertThatThrownBy(() -> adam.train(net(), inputs, labels))
        .hasMessageContaining("another optimiser");
    Trainer shorter = trainer(new SGD().momentum(0.9)).epochs(1).resuming(state);
    assertThatThrownBy(() -> shorter.train(net(), inputs, labels))
        .hasMessageContaining("at most 5 steps");
    Trainer other = trainer(new SGD().momentum(0.9)).resuming(state);
    Module narrower = new Sequential(new Linear(2, 2));
    assertThatThrownBy(() -> other.train(narrower, inputs, labels))
        .hasMessageContaining("do not fit");
    assertThat(narrower.isTraining()).isFalse();
  }
}
