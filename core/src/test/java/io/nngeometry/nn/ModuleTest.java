package io.nngeometry.nn;

import static io.nngeometry.layers.PerExampleOracle.assertClose;
import static io.nngeometry.layers.PerExampleOracle.randn;
import static io.nngeometry.layers.PerExampleOracle.randomised;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.ParametricLayer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ModuleTest {
  private Scope scope;

  @BeforeEach
  void open() {
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static Module net() {
    return new Sequential(
        new Conv2d(ConvOptions.of(1, 2, 3)),
        new BatchNorm2d(2),
        new Flatten(),
        new Dropout(0.5, 1),
        new Linear(8, 3));
  }

  @Test
  void statesHavePyTorchsNames() {
    assertThat(net().state().keySet())
        .containsExactlyInAnyOrder(
            "0.weight",
            "0.bias",
            "1.weight",
            "1.bias",
            "1.running_mean",
            "1.running_var",
            "1.num_batches_tracked",
            "4.weight",
            "4.bias");
    assertThat(net().layers().values().stream().map(ParametricLayer::kind))
        .containsExactly("Conv2d", "BatchNorm2d", "Linear");
  }

  @Test
  void loadCopiesOrSaysWhatDoesNotFit() {
    Module source = randomised(net(), 1);
    Module target = net().to(ScalarType.Double);
    target.load(source.state());
    Tensor x = randn(2, 3, 1, 4, 4);
    assertClose(target.forward(x), source.forward(x), "loaded");

    Map<String, Tensor> wrong = new HashMap<>(source.state());
    wrong.remove("0.bias");
    wrong.put("extra", x);
    wrong.put("4.weight", x);
    assertThatThrownBy(() -> target.load(wrong))
        .hasMessageContaining("missing 0.bias")
        .hasMessageContaining("unexpected extra")
        .hasMessageContaining("shape of 4.weight");
  }

  @Test
  void initialisationFollowsFromTheSeed() {
    Module a = net().initialize(7);
    Module b = net().initialize(7);
    Module c = net().initialize(8);
    a.state().forEach((name, t) -> assertThat(t.equal(b.state().get(name))).as(name).isTrue());
    assertThat(a.state().get("4.weight").equal(c.state().get("4.weight"))).isFalse();
    double bound = Tensors.item(a.state().get("4.weight").abs().max());
    assertThat(bound).isLessThanOrEqualTo(1 / Math.sqrt(8)).isGreaterThan(0.2);
  }

  @Test
  void partsThatBehaveDifferentlyInTrainingAreNamed() {
    Module net = net();
    assertThat(net.partsInTraining()).isEmpty();
    net.train();
    assertThat(net.partsInTraining()).containsExactly("the model", "1", "3");
    net.eval();
    assertThat(net.partsInTraining()).isEmpty();
  }

  @Test
  void namedPartsKeepTheirOrder() {
    Map<String, Module> parts = new LinkedHashMap<>();
    parts.put("first", new Linear(3, 3));
    parts.put("act", new Tanh());
    parts.put("last", new Linear(3, 1));
    Sequential net = Sequential.named(parts);
    assertThat(net.layers().keySet()).containsExactly("first", "last");
    assertThatThrownBy(() -> new Sequential().forward(randn(1, 1), randn(1, 1)))
        .hasMessageContaining("one input");
  }

  @Test
  void batchNormTrainsItsStatistics() {
    BatchNorm1d norm = new BatchNorm1d(2, 1e-5, 0.25, true);
    norm.to(ScalarType.Double);
    Tensor x = randn(1, 5, 2);
    norm.train();
    Tensor y = norm.forward(x);
    assertClose(y.mean(0).add(Tensors.scalar(1)), torch.ones_like(y.select(0, 0)), "mean");
    Map<String, Tensor> state = norm.state();
    assertThat(state.get("num_batches_tracked").item_long()).isEqualTo(1);
    assertClose(state.get("running_mean"), Tensors.times(x.mean(0), 0.25), "running mean");
    Tensor variance = x.var(new long[] {0}, true);
    assertClose(
        state.get("running_var"),
        Tensors.times(variance, 0.25).add(Tensors.scalar(0.75)),
        "running variance");
    assertThatThrownBy(() -> norm.forward(randn(1, 1, 2))).hasMessageContaining("more than one");
    norm.initialize(0);
    assertThat(state.get("num_batches_tracked").item_long()).isZero();
  }

  @Test
  void dropoutKeepsTheMeanAndFollowsItsSeed() {
    Tensor x = torch.ones(new long[] {10000}, Tensors.options(ScalarType.Double));
    Dropout drop = new Dropout(0.3, 5);
    assertThat(drop.forward(x).equal(x)).isTrue();
    drop.train();
    Tensor y = drop.forward(x);
    assertThat(Tensors.item(y.mean())).isBetween(0.95, 1.05);
    assertThat(drop.forward(x).equal(y)).isFalse();
    Dropout again = new Dropout(0.3, 5);
    again.train();
    assertThat(again.forward(x).equal(y)).isTrue();
  }

  @Test
  void badInputsNameTheLayer() {
    assertThatThrownBy(() -> new Embedding(4, 2).forward(Tensors.of(new long[] {0, 4}, 2)))
        .hasMessageContaining("Embedding has rows 0 to 3, got index 4");
    assertThatThrownBy(() -> new Embedding(4, 2).forward(Tensors.of(new long[] {-1}, 1)))
        .hasMessageContaining("index -1");
    assertThatThrownBy(() -> new Embedding(4, 2).forward(randn(1, 2)))
        .hasMessageContaining("int64");
    assertThatThrownBy(() -> new Embedding(4, 2, 4)).hasMessageContaining("padding index 4");
    assertThatThrownBy(() -> new BatchNorm2d(3).forward(randn(1, 2, 3)))
        .hasMessageContaining("BatchNorm2d takes inputs of 4 axes");
    assertThatThrownBy(() -> new GroupNorm(2, 4).forward(randn(1, 2, 3)))
        .hasMessageContaining("GroupNorm takes 4 channels");
    assertThatThrownBy(() -> new LayerNorm(4).forward(randn(1, 2, 3)))
        .hasMessageContaining("LayerNorm");
    assertThatThrownBy(() -> new InstanceNorm1d(2).forward(randn(1, 3, 2, 1)))
        .hasMessageContaining("more than one position");
    assertThatThrownBy(() -> new GroupNorm(3, 4)).hasMessageContaining("divide");
    assertThatThrownBy(() -> new MultiHeadAttention(4, 3)).hasMessageContaining("divide");
    assertThatThrownBy(() -> new ConvTranspose1d(ConvOptions.of(1, 1, 2).outputPadding(1)))
        .hasMessageContaining("output padding");
    assertThatThrownBy(() -> PoolOptions.of(2).padding(2)).hasMessageContaining("half the kernel");
  }

  @Test
  void parameterFreeModulesComputeWhatTheySay() {
    Tensor x = randn(1, 2, 3, 4, 4);
    assertClose(new ReLU().forward(x), x.clamp_min(Tensors.scalar(0)), "relu");
    assertClose(new SiLU().forward(x), x.mul(new Sigmoid().forward(x)), "silu");
    Tensor sigmoid = Tensors.times(new Tanh().forward(Tensors.times(x, 0.5)), 0.5);
    assertClose(new Sigmoid().forward(x), sigmoid.add(Tensors.scalar(0.5)), "sigmoid");
    Tensor phi = Tensors.times(x, Math.sqrt(0.5)).erf().add(Tensors.scalar(1));
    assertClose(new GELU().forward(x), Tensors.times(x.mul(phi), 0.5), "gelu");
    assertThat(Tensors.item(new GELU(true).forward(x).sub(new GELU().forward(x)).abs().max()))
        .isBetween(1e-8, 1e-2);
    assertThat(new Identity().forward(x).equal(x)).isTrue();
    assertThat(Tensors.shape(new Flatten(2, -1).forward(x))).containsExactly(2, 3, 16);
    assertClose(new AdaptiveAvgPool2d(1).forward(x).flatten(1, -1), x.mean(2, 3), "mean");
    assertClose(
        new AvgPool2d(2).forward(x), new AdaptiveAvgPool2d(2, 2).forward(x), "average pooling");
    Tensor windows = x.unflatten(2, 2, 2).unflatten(4, 2, 2);
    assertClose(new MaxPool2d(2).forward(x), windows.amax(new long[] {3, 5}, false), "max pooling");
  }
}
