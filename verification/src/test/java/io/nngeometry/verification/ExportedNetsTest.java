package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Jacobian;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Representation;
import io.nngeometry.io.CorruptFileException;
import io.nngeometry.io.Safetensors;
import io.nngeometry.io.TensorFile;
import io.nngeometry.io.program.ExportedProgram;
import io.nngeometry.io.program.TrainingModeException;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.Parameter;
import io.nngeometry.layers.UncoveredParameterException;
import io.nngeometry.operators.PMat;
import io.nngeometry.vectors.PVector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Small networks of the usual kinds, as PyTorch exported them; {@code exported/make.py} says how,
 * and that their Jacobians are PyTorch's by one backward an output.
 */
class ExportedNetsTest {
  private static final double TOLERANCE = 1e-10;

  static Path directory() {
    try {
      return Path.of(
          Objects.requireNonNull(ExportedNetsTest.class.getResource("/exported")).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static List<String> nets() {
    try (Stream<Path> files = Files.list(directory())) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(f -> f.endsWith(".pt2"))
          .map(f -> f.substring(0, f.length() - ".pt2".length()))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<String> coveredNets() {
    return nets().stream()
        .filter(n -> !Set.of("uncovered", "training", "in_place").contains(n))
        .toList();
  }

  /** A net with what PyTorch says of it. */
  record Net(ExportedProgram program, TensorFile truth, List<Tensor> inputs) {
    static Net read(String name) throws IOException {
      TensorFile truth = Safetensors.read(directory().resolve(name + ".safetensors"));
      List<Tensor> inputs = new ArrayList<>();
      for (int k = 0; truth.tensors().containsKey("x" + k); k++) {
        inputs.add(truth.get("x" + k));
      }
      return new Net(ExportedProgram.load(directory().resolve(name + ".pt2")), truth, inputs);
    }

    Examples examples(long batch) {
      return Examples.of(inputs, null).batches(batch);
    }

    /** (c, n, d) in our order of the parameters; the file has that of named_parameters. */
    Tensor jacobian(LayerCollection layers) {
      Map<Parameter, Long> offsets = new HashMap<>();
      long offset = 0;
      for (Parameter p : program.namedParameters().values()) {
        offsets.put(p, offset);
        offset += p.size();
      }
      assertThat(offset).isEqualTo(layers.size());
      List<Tensor> columns = new ArrayList<>();
      for (Layer.Slot slot : layers.slots()) {
        columns.add(
            truth.get("j").narrow(2, offsets.get(slot.parameter()), slot.parameter().size()));
      }
      return Tensors.cat(columns, 2);
    }
  }

  private static void same(String what, Tensor actual, Tensor expected) {
    Calculus.assertClose(what, actual, expected, TOLERANCE);
  }

  /** The batches to read a net in: what the export fixed cannot be divided. */
  private static long batch(String name) {
    return 3;
  }

  @ParameterizedTest
  @MethodSource("coveredNets")
  void outputsAndDerivativesArePyTorchs(String name) throws IOException {
    try (Scope scope = Scope.open()) {
      Net net = Net.read(name);
      assertThat(net.program().uncovered()).isEmpty();
      Examples examples = net.examples(batch(name));
      Jacobian jacobian = Jacobian.of(net.program(), examples);
      same("outputs", jacobian.outputs(), net.truth().get("f"));
      LayerCollection layers = LayerCollection.of(net.program());
      Tensor expected = net.jacobian(layers);
      same("jacobian by layers", jacobian.dense().tensor(), expected);
      PVector v = PVector.random(layers, 7);
      same("forward mode", jacobian.pushForward().apply(v).tensor(), expected.matmul(v.tensor()));
    }
  }

  @ParameterizedTest
  @MethodSource("coveredNets")
  void kroneckerFactorsAndTheDiagonalComeOfThem(String name) throws IOException {
    try (Scope scope = Scope.open()) {
      Net net = Net.read(name);
      List<PMat> matrices =
          Fisher.of(net.program(), Metric.gaussian())
              .on(net.examples(batch(name)))
              .as(Representation.KFAC, Representation.DIAG);
      Tensor j = net.jacobian(matrices.get(0).layers());
      Tensor diagonal = j.mul(j).sum(0, 1).div(Tensors.scalar(4));
      same("diagonal", matrices.get(1).diagonal().tensor(), diagonal);
      assertThat(matrices.get(0).trace()).isPositive();
    }
  }

  @Test
  void aUseThatNoRuleCoversIsListedByOperatorAndParameter() throws IOException {
    try (Scope scope = Scope.open()) {
      Net net = Net.read("uncovered");
      assertThat(net.program().uncovered()).containsExactly("aten.einsum.default: m");
      Examples examples = net.examples(3);
      assertThatThrownBy(() -> Jacobian.of(net.program(), examples).dense())
          .isInstanceOf(UncoveredParameterException.class)
          .hasMessageContaining("aten.einsum.default with m")
          .hasMessageContaining("fallback");
      LayerCollection layers = LayerCollection.of(net.program());
      Tensor expected = net.jacobian(layers);
      same(
          "one example at a time",
          Jacobian.of(net.program(), examples).perExampleFallback().dense().tensor(),
          expected);
      same(
          "without it",
          Jacobian.of(net.program(), layers.without("m"), examples).dense().tensor(),
          expected.narrow(2, 9, 12));
    }
  }

  @Test
  void trainingModeIsRefusedNamingTheModule() {
    assertThatThrownBy(() -> ExportedProgram.load(directory().resolve("training.pt2")))
        .isInstanceOf(TrainingModeException.class)
        .hasMessageContaining("net.1")
        .hasMessageContaining("eval()");
  }

  @Test
  void overwritingWhatIsSeenThroughAViewIsRefused() {
    assertThatThrownBy(() -> ExportedProgram.load(directory().resolve("in_place.pt2")))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("aten.fill_.Tensor overwrites a tensor")
        .hasMessageContaining("run_decompositions()");
  }

  @Test
  void layersHaveTheNamesOfTheModules() throws IOException {
    try (Scope scope = Scope.open()) {
      assertThat(layerNames("vit"))
          .containsExactly(
              "cls Parameter",
              "pos Parameter",
              "patch Conv2d",
              "encoder.layers.0.self_attn Linear",
              "encoder.layers.0.self_attn.out_proj Linear",
              "encoder.layers.0.linear1 Linear",
              "encoder.layers.0.linear2 Linear",
              "encoder.layers.0.norm1 LayerNorm",
              "encoder.layers.0.norm2 LayerNorm",
              "norm LayerNorm",
              "head Linear");
      assertThat(layerNames("gpt"))
          .startsWith("wte Embedding", "wpe Embedding", "h.0.ln1 LayerNorm", "h.0.attn.qkv Linear");
      assertThat(layerNames("odd"))
          .contains("first MatrixProduct", "first.bias Parameter", "scale Affine");
      Net gpt = Net.read("gpt");
      assertThat(gpt.program().namedParameters()).containsKey("wte.weight");
      assertThat(gpt.program().namedParameters()).doesNotContainKey("lm_head.weight");
      assertThat(Net.read("resnet").program().namedBuffers()).containsKey("bn1.running_mean");
    }
  }

  private static List<String> layerNames(String name) throws IOException {
    return LayerCollection.of(Net.read(name).program()).layers().stream()
        .map(l -> l.id() + " " + l.kind())
        .toList();
  }

  @Test
  void anyLengthThatTheExportAllows() throws IOException {
    try (Scope scope = Scope.open()) {
      ExportedProgram any = Net.read("gpt_any_length").program();
      ExportedProgram five = Net.read("gpt").program();
      Tensor x = Net.read("gpt").inputs().get(0);
      // the last token of a shorter text does not see what follows it
      assertThat(Tensors.shape(any.forward(x.narrow(1, 0, 3)))).containsExactly(4, 5);
      same("five tokens", any.forward(x), five.forward(x));
      Examples three = Examples.of(x.narrow(1, 0, 3)).batches(2);
      LayerCollection layers = LayerCollection.of(any);
      PVector v = PVector.random(layers, 3);
      Jacobian jacobian = Jacobian.of(any, three);
      same(
          "three tokens",
          jacobian.dense().tensor().matmul(v.tensor()),
          jacobian.pushForward().apply(v).tensor());
    }
  }

  @Test
  void wrongInputsAreRefusedByName() throws IOException {
    try (Scope scope = Scope.open()) {
      ExportedProgram two = Net.read("two_inputs").program();
      Tensor x = torch.zeros(new long[] {2, 3}, Tensors.options(ScalarType.Double));
      Tensor y = torch.zeros(new long[] {2, 2}, Tensors.options(ScalarType.Double));
      assertThat(two.inputNames()).containsExactly("x", "y");
      assertThatThrownBy(() -> two.forward(x))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("takes 2 inputs (x, y), got 1");
      assertThatThrownBy(() -> two.forward(x, x))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("input y has shape [2, 3], and the program takes [s");
      Tensor many = torch.zeros(new long[] {4097, 3}, Tensors.options(ScalarType.Double));
      assertThatThrownBy(() -> two.forward(many, y))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("input x has shape [4097, 3]")
          .hasMessageContaining("to 4096");
      assertThatThrownBy(() -> Net.read("gpt").program().forward(x.to(ScalarType.Double)))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> two.forward(x.to(ScalarType.Float), y))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("aten.linear.default of a");
    }
  }

  @ParameterizedTest
  @MethodSource("coveredNets")
  void inFloat32(String name) throws IOException {
    try (Scope scope = Scope.open();
        GradMode none = GradMode.disabled()) {
      Net net = Net.read(name);
      ExportedProgram single = net.program().to(ScalarType.Float);
      Tensor[] inputs =
          net.inputs().stream()
              .map(x -> x.is_floating_point() ? x.to(ScalarType.Float) : x)
              .toArray(Tensor[]::new);
      Tensor f = single.forward(inputs);
      assertThat(Tensors.type(f)).isEqualTo(ScalarType.Float);
      // RMSNorm without eps adds the machine epsilon, which is another one in float32
      assertThat(Calculus.relativeError(f.to(ScalarType.Double), net.truth().get("f")))
          .isLessThan(name.startsWith("perceiver") ? 1e-4 : 1e-5);
    }
  }
}
