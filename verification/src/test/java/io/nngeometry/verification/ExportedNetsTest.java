package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Jacobian;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Representation;
import io.nngeometry.io.Safetensors;
import io.nngeometry.io.TensorFile;
import io.nngeometry.io.program.ExportedProgram;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.Parameter;
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
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
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
    return nets().stream().filter(n -> !n.equals("uncovered")).toList();
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
    assertThat(Tensors.shape(actual)).as(what).isEqualTo(Tensors.shape(expected));
    assertThat(Calculus.relativeError(actual, expected)).as(what).isLessThan(TOLERANCE);
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
}
