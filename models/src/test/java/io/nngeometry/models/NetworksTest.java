package io.nngeometry.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.nn.Module;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class NetworksTest {

  /** Name, network, its parameters, the shape of two inputs, the number of outputs. */
  static Stream<Arguments> networks() {
    return Stream.of(
        Arguments.of("mlp", new Mlp(784, 512, 512, 10), 669_706, List.of(2, 1, 28, 28), 10),
        Arguments.of("linear", new Mlp(3, 2), 8, List.of(2, 3), 2),
        Arguments.of("small conv net", new SmallConvNet(), 2_458, List.of(2, 1, 8, 8), 10),
        Arguments.of("bench small", new BenchSmall(10), 3_786, List.of(2, 3, 32, 32), 10),
        Arguments.of("resnet18 w64", new ResNet18(64, 10), 11_173_962, List.of(2, 3, 8, 8), 10),
        Arguments.of("resnet18 w16", new ResNet18(16, 10), 701_466, List.of(2, 3, 32, 32), 10),
        Arguments.of(
            "resnet18 w16, no norm",
            new ResNet18(16, 10, Norm.NONE),
            // a bias for each of the 1,200 channels in place of a scale and a shift
            701_466 - 1_200,
            List.of(2, 3, 32, 32),
            10),
        Arguments.of("lenet", new LeNet(1, 10), 61_706, List.of(2, 1, 28, 28), 10),
        Arguments.of(
            "lenet, colours",
            new LeNet(3, 32, 32, 100),
            (3 * 25 * 6 + 6) + (6 * 25 * 16 + 16) + (16 * 36 * 120 + 120) + 10_164 + 8_500,
            List.of(2, 3, 32, 32),
            100),
        // He et al. 2016, table 6, give 0.27, 0.46 and 0.85 million
        Arguments.of(
            "resnet20", ResNetCifar.resNet20(3, 16, 10), 272_474, List.of(2, 3, 32, 32), 10),
        Arguments.of(
            "resnet32",
            new ResNetCifar(3, 16, 5, 10, Norm.BATCH),
            466_906,
            List.of(2, 3, 32, 32),
            10),
        Arguments.of(
            "resnet20, no norm",
            new ResNetCifar(3, 16, 3, 10, Norm.NONE),
            // a bias for each channel in place of a scale and a shift
            272_474 - (7 * 16 + 6 * 32 + 6 * 64 + 32 + 64),
            List.of(2, 3, 32, 32),
            10),
        Arguments.of("resnet50", new ResNet50(200), 23_891_272, List.of(2, 3, 32, 32), 200),
        Arguments.of(
            "resnet50, norm",
            new ResNet50(1000, Norm.BATCH),
            // torchvision's resnet50
            25_557_032,
            List.of(2, 3, 32, 32),
            1000));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("networks")
  void hasItsParametersAndOutputs(
      String name, Module net, long parameters, List<Integer> shape, long outputs) {
    assertThat(LayerCollection.of(net).size()).isEqualTo(parameters);
    try (Scope scope = Scope.open();
        GradMode none = GradMode.disabled()) {
      net.initialize(1);
      long[] sizes = shape.stream().mapToLong(Integer::longValue).toArray();
      double[] y =
          Tensors.toArray(net.forward(Tensors.randn(0, Tensors.options(ScalarType.Float), sizes)));
      assertThat(y).hasSize((int) (2 * outputs)).doesNotContain(Double.NaN);
      assertThat(y[0]).isNotEqualTo(y[(int) outputs]);
    }
  }

  @Test
  void theSeedDecidesTheParameters() {
    try (Scope scope = Scope.open()) {
      double[] one = weights(1);
      assertThat(weights(1)).isEqualTo(one);
      assertThat(weights(2)).isNotEqualTo(one);
    }
  }

  private static double[] weights(long seed) {
    Module net = new SmallConvNet().initialize(seed);
    return Tensors.toArray(net.namedParameters().get("conv2.weight").tensor());
  }

  @Test
  void partsAreNamedAsInPyTorch() {
    assertThat(new ResNet18(2, 10).namedParameters())
        .containsKeys("conv1.weight", "bn1.bias", "blocks.2.short.1.weight", "fc.bias")
        .doesNotContainKeys("conv1.bias", "blocks.0.short.0.weight");
    assertThat(new ResNet50(2).namedParameters())
        .containsKeys("conv1.bias", "blocks.15.conv3.weight", "blocks.0.short.weight")
        .doesNotContainKeys("bn1.weight", "blocks.1.short.weight");
    assertThat(new Mlp(2, 3, 1).namedParameters().keySet())
        .containsExactly("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias");
  }

  @Test
  void aTransformerHasItsParameters() {
    long v = 50;
    long t = 16;
    long e = 12;
    Transformer.Options options = Transformer.Options.of(v, t, e).heads(3).depth(4);
    long tied = v * e + t * e + 4 * (12 * e * e + 13 * e) + 2 * e;
    assertThat(LayerCollection.of(new Transformer(options)).size()).isEqualTo(tied);
    assertThat(LayerCollection.of(new Transformer(options.untied())).size())
        .isEqualTo(tied + v * e);
  }

  @Test
  void aTiedEmbeddingIsOneLayer() {
    Transformer.Options options = Transformer.Options.of(11, 4, 6);
    long layers = LayerCollection.of(new Transformer(options.untied())).layers().size();
    LayerCollection tied = LayerCollection.of(new Transformer(options));
    assertThat(tied.layers()).hasSize((int) layers - 1);
    assertThat(tied.slots().stream().filter(s -> s.parameter().size() == 11 * 6)).hasSize(1);
    Transformer net = new Transformer(options);
    assertThat(net.state()).containsKeys("tokens.weight", "head.weight");
    assertThat(net.namedParameters()).doesNotContainKey("head.weight");
  }

  @Test
  void aTransformerSeesNoLaterToken() {
    try (Scope scope = Scope.open();
        GradMode none = GradMode.disabled()) {
      Module net = new Transformer(Transformer.Options.of(9, 6, 8)).initialize(2);
      double[] one = Tensors.toArray(net.forward(Tensors.of(new long[] {1, 2, 3, 4}, 1, 4)));
      double[] other = Tensors.toArray(net.forward(Tensors.of(new long[] {1, 2, 8, 4}, 1, 4)));
      double[] shorter = Tensors.toArray(net.forward(Tensors.of(new long[] {1, 2}, 1, 2)));
      for (int k = 0; k < 2 * 9; k++) {
        assertThat(other[k]).isEqualTo(one[k]);
        assertThat(shorter[k]).isCloseTo(one[k], org.assertj.core.api.Assertions.within(1e-6));
      }
      for (int k = 2 * 9; k < 4 * 9; k++) {
        assertThat(other[k]).isNotEqualTo(one[k]);
      }
      assertThatIllegalArgumentException()
          .isThrownBy(() -> net.forward(Tensors.of(new long[7], 1, 7)))
          .withMessageContaining("length up to 6");
    }
  }

  @Test
  void aLeNetNeedsRoomForItsKernels() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LeNet(1, 11, 28, 10))
        .withMessageContaining("at least 12 x 12");
    assertThat(LayerCollection.of(new LeNet(1, 12, 12, 2)).size()).isPositive();
  }

  @Test
  void aPerceptronNeedsTwoWidths() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Mlp(3)).withMessageContaining("[3]");
  }
}
