package io.nngeometry.fisher;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.PaddingMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.PerExampleOracle;
import io.nngeometry.nn.AdaptiveAvgPool2d;
import io.nngeometry.nn.Affine1d;
import io.nngeometry.nn.AvgPool2d;
import io.nngeometry.nn.BatchNorm1d;
import io.nngeometry.nn.BatchNorm2d;
import io.nngeometry.nn.BatchNorm3d;
import io.nngeometry.nn.Conv1d;
import io.nngeometry.nn.Conv2d;
import io.nngeometry.nn.Conv3d;
import io.nngeometry.nn.ConvOptions;
import io.nngeometry.nn.ConvTranspose1d;
import io.nngeometry.nn.ConvTranspose2d;
import io.nngeometry.nn.ConvTranspose3d;
import io.nngeometry.nn.Cosine1d;
import io.nngeometry.nn.Dropout;
import io.nngeometry.nn.Embedding;
import io.nngeometry.nn.Flatten;
import io.nngeometry.nn.GELU;
import io.nngeometry.nn.GroupNorm;
import io.nngeometry.nn.Identity;
import io.nngeometry.nn.InstanceNorm1d;
import io.nngeometry.nn.InstanceNorm2d;
import io.nngeometry.nn.InstanceNorm3d;
import io.nngeometry.nn.LayerNorm;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.MaxPool2d;
import io.nngeometry.nn.Module;
import io.nngeometry.nn.MultiHeadAttention;
import io.nngeometry.nn.PReLU;
import io.nngeometry.nn.PoolOptions;
import io.nngeometry.nn.RMSNorm;
import io.nngeometry.nn.ReLU;
import io.nngeometry.nn.Sequential;
import io.nngeometry.nn.SiLU;
import io.nngeometry.nn.Sigmoid;
import io.nngeometry.nn.Tanh;
import io.nngeometry.nn.WeightNorm1d;
import io.nngeometry.nn.WeightNorm2d;
import io.nngeometry.vectors.PVector;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Second derivatives through every kind of layer, against double backward and against central
 * differences of gradients; and those of float32 convolutions against float64.
 */
class SecondDerivativesTest {
  /** A layer between others, so that its input depends on parameters too. */
  private record Case(Module layer, long... shape) {}

  private static final ConvOptions CONV = ConvOptions.of(2, 4, 3).padding(1);

  private static Map<String, Case> cases() {
    Map<String, Case> all = new LinkedHashMap<>();
    all.put("Linear", new Case(new Linear(4, 3), 5, 3, 4));
    all.put("Conv1d", new Case(new Conv1d(CONV.stride(2)), 5, 2, 7));
    all.put("Conv2d", new Case(new Conv2d(CONV.stride(2).groups(2)), 5, 2, 5, 4));
    all.put(
        "Conv2d reflect", new Case(new Conv2d(CONV.paddingMode(PaddingMode.REFLECT)), 5, 2, 5, 4));
    all.put(
        "Conv2d replicate",
        new Case(new Conv2d(CONV.paddingMode(PaddingMode.REPLICATE)), 5, 2, 4, 4));
    all.put(
        "Conv2d circular",
        new Case(new Conv2d(CONV.paddingMode(PaddingMode.CIRCULAR)), 5, 2, 4, 4));
    all.put(
        "Conv2d strided 1x1", new Case(new Conv2d(ConvOptions.of(2, 3, 1).stride(2)), 5, 2, 5, 4));
    all.put("Conv3d", new Case(new Conv3d(CONV.dilation(2)), 4, 2, 5, 4, 5));
    all.put("ConvTranspose1d", new Case(new ConvTranspose1d(CONV), 5, 2, 4));
    all.put("ConvTranspose2d", new Case(new ConvTranspose2d(CONV.stride(2)), 5, 2, 3, 4));
    all.put(
        "ConvTranspose2d strided 1x1",
        new Case(new ConvTranspose2d(ConvOptions.of(2, 3, 1).stride(2)), 5, 2, 3, 3));
    all.put("ConvTranspose3d", new Case(new ConvTranspose3d(CONV), 4, 2, 3, 3, 2));
    all.put("WeightNorm1d", new Case(new WeightNorm1d(4, 3), 5, 4));
    all.put("WeightNorm2d", new Case(new WeightNorm2d(CONV, 0.1), 5, 2, 4, 4));
    all.put("Cosine1d", new Case(new Cosine1d(4, 3), 5, 4));
    all.put("Affine1d", new Case(new Affine1d(4, true), 5, 4));
    all.put("BatchNorm1d", new Case(new BatchNorm1d(4), 5, 4));
    all.put("BatchNorm2d", new Case(new BatchNorm2d(2), 5, 2, 3, 4));
    all.put("BatchNorm3d", new Case(new BatchNorm3d(2), 5, 2, 3, 2, 2));
    all.put("LayerNorm", new Case(new LayerNorm(4), 5, 3, 4));
    all.put("LayerNorm over two axes", new Case(new LayerNorm(3, 4), 5, 3, 4));
    all.put("LayerNorm alone", new Case(new LayerNorm(new long[] {4}, 0.1, false, false), 5, 4));
    all.put("GroupNorm", new Case(new GroupNorm(2, 4), 5, 4, 3));
    all.put("InstanceNorm1d", new Case(new InstanceNorm1d(2, 1e-5, true), 5, 2, 6));
    all.put("InstanceNorm2d", new Case(new InstanceNorm2d(2, 1e-5, true), 5, 2, 3, 4));
    all.put("InstanceNorm3d", new Case(new InstanceNorm3d(2, 1e-5, true), 5, 2, 3, 2, 2));
    all.put("RMSNorm", new Case(new RMSNorm(4), 5, 3, 4));
    all.put("RMSNorm with eps", new Case(new RMSNorm(new long[] {3, 4}, 0.3, true), 5, 3, 4));
    all.put("PReLU", new Case(new PReLU(4), 5, 4));
    all.put("MultiHeadAttention", new Case(new MultiHeadAttention(4, 2), 4, 3, 4));
    all.put("ReLU", new Case(new ReLU(), 5, 4));
    all.put("GELU", new Case(new GELU(), 5, 4));
    all.put("GELU by tanh", new Case(new GELU(true), 5, 4));
    all.put("SiLU", new Case(new SiLU(), 5, 4));
    all.put("Sigmoid", new Case(new Sigmoid(), 5, 4));
    all.put("Tanh", new Case(new Tanh(), 5, 4));
    all.put("Identity", new Case(new Identity(), 5, 4));
    all.put("Dropout", new Case(new Dropout(0.5, 1), 5, 4));
    all.put("Flatten", new Case(new Flatten(), 5, 2, 3));
    all.put("Sequential", new Case(new Sequential(new Tanh()), 5, 4));
    all.put("MaxPool2d", new Case(new MaxPool2d(PoolOptions.of(2)), 5, 2, 4, 5));
    all.put("AvgPool2d", new Case(new AvgPool2d(PoolOptions.of(2)), 5, 2, 4, 5));
    all.put("AdaptiveAvgPool2d", new Case(new AdaptiveAvgPool2d(1, 2), 5, 2, 4, 5));
    return all;
  }

  static Set<String> names() {
    return cases().keySet();
  }

  /** Scales every input by a parameter, applies the layer, and mixes everything. */
  private static final class Between extends Module {
    private final Module before;
    private final Module layer;
    private final Module after;

    Between(Module layer, long... shape) {
      this.layer = register("layer", layer);
      long in = Tensors.numel(shape) / shape[0];
      before = register("before", new Linear(in, in));
      try (Scope scope = Scope.open()) {
        Tensor x = torch.zeros(shape, Tensors.options(ScalarType.Float));
        Tensor y = layer.forward(x);
        after = register("after", new Linear(y.numel() / shape[0], 3));
      }
    }

    @Override
    public Tensor forward(Tensor x) {
      Tensor mixed = before.forward(Tensors.flatten(x)).tanh().view_as(x);
      return after.forward(Tensors.flatten(layer.forward(mixed)).sin());
    }
  }

  private static Module net(String name) {
    Case c = cases().get(name);
    c.layer.eval();
    Module net = new Between(c.layer, c.shape);
    PerExampleOracle.randomised(net, 11);
    net.eval();
    return net;
  }

  @Test
  void everyKindOfLayerIsHere() throws IOException, URISyntaxException {
    Path folder =
        Path.of(Linear.class.getProtectionDomain().getCodeSource().getLocation().toURI())
            .resolve("io/nngeometry/nn");
    Set<String> kinds = new TreeSet<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString().replace(".class", "");
        if (!name.contains("$") && !name.equals("package-info")) {
          Class<?> type;
          try {
            type = Class.forName("io.nngeometry.nn." + name);
          } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
          }
          if (Module.class.isAssignableFrom(type) && !Modifier.isAbstract(type.getModifiers())) {
            kinds.add(name);
          }
        }
      }
    }
    Set<String> covered =
        names().stream().map(n -> n.split(" ")[0]).collect(Collectors.toCollection(TreeSet::new));
    covered.add("Embedding"); // takes no input that could depend on parameters
    assertThat(covered).isEqualTo(kinds);
  }

  private static Tensor targets(long n) {
    return torch.arange(Tensors.scalar(n)).remainder(Tensors.scalar(3)).to(ScalarType.Long);
  }

  @ParameterizedTest
  @MethodSource("names")
  void forwardModeIsDoubleBackwardIsDifferences(String name) {
    try (Scope scope = Scope.open()) {
      Module net = net(name);
      Tensor x = PerExampleOracle.randn(5, cases().get(name).shape);
      check(net, x, PVector.random(LayerCollection.of(net), 3), name);
    }
  }

  @Test
  void embeddings() {
    try (Scope scope = Scope.open()) {
      for (boolean padded : new boolean[] {false, true}) {
        Module net =
            new Sequential(
                padded ? new Embedding(5, 3, 1) : new Embedding(5, 3),
                new Tanh(),
                new Flatten(),
                new Linear(12, 3));
        PerExampleOracle.randomised(net, 11);
        net.eval();
        Tensor x = torch.arange(Tensors.scalar(24)).remainder(Tensors.scalar(5)).view(6, 4);
        PVector v = PVector.random(LayerCollection.of(net), 3);
        if (padded) {
          // the row counts as a constant, but a difference of gradients would move it
          v.tensor().narrow(0, 3, 3).zero_();
        }
        check(net, x.to(ScalarType.Long), v, "Embedding");
      }
    }
  }

  private static void check(Module net, Tensor x, PVector v, String name) {
    LayerCollection layers = LayerCollection.of(net);
    long n = x.size(0);
    Tensor y = targets(n);
    Pass pass = Pass.of(net, layers, Examples.of(x, y));
    pass.forEachBatch(
        batch ->
            assertThat(HessianProducts.right(pass, batch, ExampleLoss.crossEntropy()))
                .as(name)
                .isEqualTo(HessianProducts.FORWARD_MODE));
    Tensor mine =
        Hessian.of(net, ExampleLoss.crossEntropy())
            .on(Examples.of(x, y))
            .as(Representation.IMPLICIT)
            .mv(v)
            .tensor();
    Tensor truth = doubleBackward(net, layers, x, y, v.tensor());
    PerExampleOracle.assertClose(mine, truth, name);
    pass.forEachBatch(
        batch ->
            PerExampleOracle.assertClose(
                HessianProducts.DOUBLE_BACKWARD
                    .of(pass, batch, ExampleLoss.crossEntropy(), y, List.of(v.tensor()))
                    .get(0)
                    .div(Tensors.scalar(n)),
                truth,
                name));
    double step = 1e-5;
    move(layers, v.tensor(), step);
    Tensor plus = gradient(net, layers, x, y, false);
    move(layers, v.tensor(), -2 * step);
    Tensor minus = gradient(net, layers, x, y, false);
    Tensor difference = plus.sub(minus).div(Tensors.scalar(2 * step));
    assertThat(Tensors.item(mine.sub(difference).norm()) / Tensors.item(difference.norm()))
        .as(name)
        .isLessThan(1e-6);
  }

  private static List<Tensor> leaves(LayerCollection layers) {
    return layers.slots().stream().map(s -> s.parameter().tensor()).toList();
  }

  private static Tensor gradient(
      Module net, LayerCollection layers, Tensor x, Tensor y, boolean again) {
    Tensor loss = torch.log_softmax(net.forward(x), 1).gather(1, y.unsqueeze(1)).mean().neg();
    List<Tensor> leaves = leaves(layers);
    TensorVector g =
        torch.grad(
            new TensorVector(loss),
            Tensors.vector(leaves),
            new TensorVector(),
            new BoolOptional(again),
            again,
            true);
    List<Tensor> parts = new ArrayList<>();
    for (int k = 0; k < leaves.size(); k++) {
      Tensor t = new Tensor(g.get(k));
      parts.add((t.defined() ? t : torch.zeros_like(leaves.get(k))).reshape(-1));
    }
    return Tensors.cat(parts, 0);
  }

  private static Tensor doubleBackward(
      Module net, LayerCollection layers, Tensor x, Tensor y, Tensor v) {
    Tensor g = gradient(net, layers, x, y, true);
    List<Tensor> h = Tensors.gradients(g, v, leaves(layers), false);
    return Tensors.cat(h.stream().map(t -> t.reshape(-1)).toList(), 0);
  }

  private static void move(LayerCollection layers, Tensor v, double step) {
    try (GradMode none = GradMode.disabled()) {
      for (Layer.Slot slot : layers.slots()) {
        Tensor mine = v.narrow(0, slot.offset(), slot.parameter().size());
        slot.parameter().tensor().add_(mine.view(slot.parameter().shape()), Tensors.scalar(step));
      }
    }
  }

  /**
   * oneDNN's float32 kernels are wrong, without any sign, for many numbers of channels; none of a
   * Hessian's products may meet them.
   */
  @Test
  void float32ConvolutionsOfOddShapes() {
    List<String> wrong = new ArrayList<>();
    int checked = 0;
    for (long in : new long[] {1, 3, 16, 17, 24, 40}) {
      for (long out : new long[] {1, 5, 16, 24, 33}) {
        for (long n : new long[] {3, 17}) {
          Map<String, Module> layers = new HashMap<>();
          layers.put("plain", new Conv2d(ConvOptions.of(in, out, 3).padding(1)));
          layers.put("strided", new Conv2d(ConvOptions.of(in, out, 3).stride(2)));
          layers.put("pointwise", new Conv2d(ConvOptions.of(in, out, 1).stride(2)));
          layers.put("transposed", new ConvTranspose2d(ConvOptions.of(in, out, 3).stride(2)));
          if (in % 8 == 0 && out % 8 == 0) {
            layers.put("grouped", new Conv2d(ConvOptions.of(in, out, 3).groups(8)));
          }
          for (Map.Entry<String, Module> e : layers.entrySet()) {
            try (Scope scope = Scope.open()) {
              double error = float32Error(e.getValue(), in, n);
              checked++;
              if (!(error < 1e-4)) {
                wrong.add("%s %d to %d, n = %d: %.1e".formatted(e.getKey(), in, out, n, error));
              }
            }
          }
        }
      }
    }
    assertThat(wrong).as("wrong of " + checked).isEmpty();
    assertThat(checked).isGreaterThan(240);
  }

  private static double float32Error(Module layer, long in, long n) {
    Module net =
        new Sequential(
            new Conv2d(ConvOptions.of(2, in, 3).padding(1)),
            new Tanh(),
            layer,
            new Tanh(),
            new AdaptiveAvgPool2d(1, 1),
            new Flatten());
    Module whole = new Sequential(net, new Linear(outputs(net), 3));
    whole.initialize(4);
    whole.eval();
    Tensor x = PerExampleOracle.randn(5, n, 2, 6, 7);
    List<Tensor> products = new ArrayList<>();
    for (ScalarType type : new ScalarType[] {ScalarType.Float, ScalarType.Double}) {
      whole.to(type);
      LayerCollection layers = LayerCollection.of(whole);
      Tensor v = Tensors.randn(9, Tensors.options(ScalarType.Double), 2, layers.size()).to(type);
      Tensor product =
          Hessian.of(whole, ExampleLoss.crossEntropy())
              .on(Examples.of(x.to(type), targets(n)).batches(n))
              .as(Representation.IMPLICIT)
              .apply(v);
      products.add(product.to(ScalarType.Double));
    }
    return Tensors.item(products.get(0).sub(products.get(1)).norm())
        / Tensors.item(products.get(1).norm());
  }

  private static long outputs(Module net) {
    Tensor x = torch.zeros(new long[] {1, 2, 6, 7}, Tensors.options(ScalarType.Float));
    return net.forward(x).size(1);
  }
}
