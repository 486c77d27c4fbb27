package io.nngeometry.nn;

import static io.nngeometry.layers.PerExampleOracle.check;
import static io.nngeometry.layers.PerExampleOracle.randn;
import static io.nngeometry.layers.PerExampleOracle.randomised;
import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.LookupGradients;
import io.nngeometry.layers.OuterGradients;
import io.nngeometry.layers.Parameter;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** Layers used twice, tied weights and bare parameters: contributions add before squaring. */
class SharedParametersTest {
  @Property(tries = 10)
  void layersUsedTwice(@ForAll long seed) {
    Net net = new Net();
    Linear shared = net.add("shared", new Linear(4, 4));
    PReLU slope = net.add("slope", new PReLU());
    LayerNorm norm = net.add("norm", new LayerNorm(4));
    WeightNorm1d wn = net.add("wn", new WeightNorm1d(4, 4));
    net.running(
        x -> {
          Tensor h = slope.forward(norm.forward(shared.forward(x)));
          return wn.forward(slope.forward(norm.forward(shared.forward(wn.forward(h)))));
        });
    assertRight(net, seed, randn(seed, 3, 4));
    assertRight(net, seed, randn(seed, 3, 2, 4));
  }

  @Property(tries = 10)
  void convolutionUsedOnTwoImageSizes(@ForAll long seed) {
    Net net = new Net();
    Conv2d conv = net.add("conv", new Conv2d(ConvOptions.of(2, 2, 3).padding(1).stride(2)));
    net.running(x -> conv.forward(torch.tanh(conv.forward(x))));
    assertRight(net, seed, randn(seed, 3, 2, 6, 5));
  }

  @Test
  void tiedLinearLayersWithSeparateBiases() {
    Net net = new Net();
    Linear a = net.add("a", new Linear(4, 4));
    Linear b = net.add("b", Linear.tied(a.weight(), true));
    Linear c = net.add("c", Linear.tied(a.weight(), false));
    net.running(x -> c.forward(torch.tanh(b.forward(torch.tanh(a.forward(x))))));
    try (Scope scope = Scope.open()) {
      assertThat(check(randomised(net, 3), randn(4, 5, 4)))
          .containsExactly(OuterGradients.class, OuterGradients.class);
      LayerCollection all = LayerCollection.of(net);
      assertThat(all.size()).isEqualTo(16 + 4 + 4);
      check(net, all.only("b"), randn(4, 5, 4));
      check(net, all.without("b"), randn(4, 5, 4));
      check(net, all.whereParameter(name -> name.endsWith("weight")), randn(4, 5, 4));
      check(net, all.whereParameter(name -> name.endsWith("bias")), randn(4, 5, 4));
    }
  }

  @Property(tries = 10)
  void embeddingTiedToTheOutputLayer(@ForAll long seed, @ForAll boolean square) {
    Draw draw = new Draw(seed);
    long rows = draw.between(2, 5);
    long dim = square ? rows : rows + 1;
    Net net = new Net();
    Embedding embedding = net.add("emb", new Embedding(rows, dim));
    Linear out = net.add("out", Linear.tied(embedding.weight(), true));
    net.running(x -> out.forward(torch.tanh(embedding.forward(x))));
    assertOuter(net, seed, indices(rows, 3, 4));
    // the table's rows alone, and with the bias of the output layer
    try (Scope scope = Scope.open()) {
      check(net, LayerCollection.of(net).only("out"), indices(rows, 3, 4));
      check(net, LayerCollection.of(net).only("emb"), indices(rows, 3, 4));
    }
  }

  @Property(tries = 10)
  void paddedEmbeddingTiedToTheOutputLayer(@ForAll long seed) {
    Draw draw = new Draw(seed);
    long rows = draw.between(2, 5);
    Net net = new Net();
    Embedding embedding = net.add("emb", new Embedding(rows, 3, 0));
    Linear out = net.add("out", Linear.tied(embedding.weight(), false));
    net.running(x -> out.forward(torch.tanh(embedding.forward(x))));
    assertOuter(net, seed, indices(rows, 3, 4));
  }

  @Property(tries = 10)
  void tiedEmbeddingsWithDifferentPaddings(@ForAll long seed) {
    Net net = new Net();
    Embedding a = net.add("a", new Embedding(4, 3, 1));
    Embedding b = net.add("b", Embedding.tied(a.weight()));
    net.running(
        x ->
            Tensors.sum(torch.tanh(a.forward(x)), false, 1)
                .mul(torch.tanh(b.forward(x.select(1, 0)))));
    try (Scope scope = Scope.open()) {
      assertThat(check(randomised(net, seed), indices(4, 3, 5)))
          .containsExactly(LookupGradients.class);
      // nothing but padding, and no two positions alike
      check(net, Tensors.of(new long[] {1, 1, 1, 1}, 2, 2));
      check(net, Tensors.of(new long[] {0, 1, 2, 3, 3, 2, 1, 0}, 2, 4));
    }
  }

  @Property(tries = 5)
  void outputLayerRegisteredBeforeItsTiedEmbedding(@ForAll long seed) {
    Net net = new Net();
    Linear out = net.add("out", new Linear(3, 5));
    Embedding embedding = net.add("emb", Embedding.tied(out.weight()));
    net.running(x -> out.forward(torch.tanh(embedding.forward(x))));
    assertOuter(net, seed, indices(5, 3, 4));
    try (Scope scope = Scope.open()) {
      LayerCollection all = LayerCollection.of(net);
      assertThat(all.layer("out").matrix().orElseThrow().bias()).isTrue();
      check(net, all.whereParameter(name -> name.endsWith("weight")), indices(5, 3, 4));
      check(net, all.whereParameter(name -> name.endsWith("bias")), indices(5, 3, 4));
    }
  }

  @Property(tries = 10)
  void bareParametersOverTheBatch(@ForAll long seed) {
    Net net = new Net();
    Linear patch = net.add("patch", new Linear(3, 4));
    Parameter token = net.add("token", Init.zeros(1, 1, 4));
    Parameter position = net.add("position", Init.zeros(1, 4, 4));
    Parameter scale = net.add("scale", Init.ones(4));
    Linear head = net.add("head", new Linear(4, 2));
    net.running(
        x -> {
          Tensor h = patch.forward(x);
          h = Tensors.cat(java.util.List.of(token.over(h), h), 1);
          h = h.add(position.over(h));
          h = h.add(torch.tanh(h).mul(scale.over(h)));
          return head.forward(h.select(1, 0).mul(h.select(1, 1)));
        });
    assertRight(net, seed, randn(seed, 3, 3, 3));
  }

  @Test
  void aLayersWeightReadOverTheBatchElsewhereCounts() {
    Net net = new Net();
    Linear a = net.add("a", new Linear(3, 3));
    Parameter bias = a.bias();
    net.running(x -> torch.tanh(a.forward(x)).mul(bias.over(x)));
    assertRight(net, 1, randn(2, 4, 3));
  }

  @Property(tries = 5)
  void aTableReadBareToo(@ForAll long seed, @ForAll boolean padded) {
    Net net = new Net();
    Embedding table = net.add("table", padded ? new Embedding(4, 3, 2) : new Embedding(4, 3));
    net.running(
        x -> {
          Tensor h = torch.tanh(table.forward(x));
          return h.matmul(torch.tanh(table.weight().over(h)).transpose(1, 2));
        });
    assertRight(net, seed, indices(4, 3, 5));
  }

  @Test
  void subsetsOfALayersParameters() {
    Net net = new Net();
    Conv2d conv = net.add("conv", new Conv2d(ConvOptions.of(2, 4, 3).groups(2)));
    BatchNorm2d norm = net.add("norm", new BatchNorm2d(4));
    Linear fc = net.add("fc", new Linear(4, 3));
    net.running(x -> fc.forward(norm.forward(conv.forward(x)).flatten(2, -1).sum(2)));
    try (Scope scope = Scope.open()) {
      randomised(net, 5);
      LayerCollection all = LayerCollection.of(net);
      check(net, all.whereParameter(name -> name.endsWith("weight")), randn(6, 3, 2, 4, 4));
      check(net, all.whereParameter(name -> name.endsWith("bias")), randn(6, 3, 2, 4, 4));
      check(net, all.only("norm"), randn(6, 3, 2, 4, 4));
      check(net, all.where(l -> l.kind().equals("Conv2d")), randn(6, 3, 2, 4, 4));
    }
  }

  private static Tensor indices(long rows, long... shape) {
    return torch.randint(rows, shape).to(torch.ScalarType.Long);
  }

  /** No layer's gradients are explicit. */
  private static void assertOuter(Module net, long seed, Tensor x) {
    try (Scope scope = Scope.open()) {
      assertThat(check(randomised(net, seed), x)).containsOnly(OuterGradients.class);
    }
  }

  private static void assertRight(Module net, long seed, Tensor x) {
    try (Scope scope = Scope.open()) {
      check(randomised(net, seed), x);
    }
  }
}
