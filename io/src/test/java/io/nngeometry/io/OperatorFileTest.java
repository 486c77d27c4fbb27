package io.nngeometry.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Representation;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.nn.Conv2d;
import io.nngeometry.nn.ConvOptions;
import io.nngeometry.nn.Embedding;
import io.nngeometry.nn.GroupNorm;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.PMat;
import io.nngeometry.operators.RefusedOperationException;
import io.nngeometry.vectors.PVector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A matrix read back is the matrix that was written. */
class OperatorFileTest {
  private static final double ROUNDING = 1e-14;

  @TempDir Path directory;

  private static final class Net extends Module {
    final Conv2d conv = register("conv", new Conv2d(ConvOptions.of(2, 4, 3).groups(2)));
    final GroupNorm norm = register("norm", new GroupNorm(2, 4));
    final Linear fc = register("fc", new Linear(16, 3));

    Net() {
      initialize(1);
      to(ScalarType.Double);
    }

    @Override
    public Tensor forward(Tensor x) {
      return fc.forward(norm.forward(conv.forward(x)).tanh().flatten(1, -1));
    }
  }

  /** A table that is the output layer too, and one that is not. */
  private static final class LanguageModel extends Module {
    final Embedding position = register("position", new Embedding(5, 3));
    final Embedding token = register("token", new Embedding(7, 3));
    final Linear out = register("out", Linear.tied(token.weight(), true));

    LanguageModel() {
      initialize(1);
      to(ScalarType.Double);
    }

    @Override
    public Tensor forward(Tensor x) {
      return out.forward(token.forward(x).add(position.forward(x.clamp_max(new Scalar(4)))).tanh())
          .transpose(1, 2);
    }
  }

  private final Net net = new Net();
  private final Fisher fisher =
      Fisher.of(net, Metric.categorical())
          .on(Examples.of(Tensors.randn(2, Tensors.options(ScalarType.Double), 6, 2, 4, 4)));

  @Test
  void factorsOfEmbeddingsComeBack() throws Exception {
    LanguageModel model = new LanguageModel();
    Tensor x = Tensors.of(new long[] {0, 3, 6, 2, 2, 5, 1, 4, 0}, 3, 3);
    Fisher language = Fisher.of(model, Metric.categorical()).on(Examples.of(x));
    for (Representation r : Representation.byName().values()) {
      if (r == Representation.IMPLICIT) {
        continue;
      }
      Path file = directory.resolve(r.name() + ".safetensors");
      try (Scope scope = Scope.open();
          PMat written = language.as(r)) {
        OperatorFile.write(file, written, Map.of());
        try (PMat read = OperatorFile.read(file, LayerCollection.of(new LanguageModel()))) {
          PVector v = PVector.random(read.layers(), 3);
          assertSameProduct(read, written, v);
          assertThat(read.tensors().keySet()).isEqualTo(written.tensors().keySet());
          assertAlike(written, file);
          // which side inputs are on comes back too: averages depend on it
          PVector average = read.average(written, 0.3).mv(v);
          assertThat(average.minus(written.mv(v)).norm() / average.norm())
              .as(r.name())
              .isLessThan(1e-12);
        }
      }
    }
  }

  /** Of equal numbers: how a product rounds depends on where in memory its operands lie. */
  private static void assertSameProduct(PMat read, PMat written, PVector v) {
    PVector image = written.mv(v);
    assertThat(read.mv(v).minus(image).norm())
        .as(written.representation())
        .isLessThanOrEqualTo(ROUNDING * image.norm());
  }

  /** Without a network the file gives the same matrix over layers of the same names. */
  private void assertAlike(PMat written, Path file) throws IOException {
    try (PMat read = OperatorFile.read(file)) {
      String name = written.representation();
      assertThat(read.layers()).isEqualTo(written.layers());
      assertThat(read.layers().slots().get(0).parameter().shape())
          .isEqualTo(written.layers().slots().get(0).parameter().shape());
      PVector v = PVector.random(written.layers(), 3);
      written
          .tensors()
          .forEach((key, t) -> assertThat(t.equal(read.tensors().get(key))).as(key).isTrue());
      assertSameProduct(read, written, v);
      assertThat(read.trace())
          .as(name)
          .isCloseTo(written.trace(), withinPercentage(100 * ROUNDING));
      if (read.smallestEigenvalue() > -0.05) {
        Damping damping = Damping.factored(0.1);
        PVector right = written.solve(v, damping);
        assertThat(read.solve(v, damping).minus(right).norm())
            .as(name)
            .isLessThan(10 * ROUNDING * right.norm());
      }
      Path again = directory.resolve("again.safetensors");
      OperatorFile.write(again, read, Map.of());
      try (PMat twice = OperatorFile.read(again)) {
        assertSameProduct(twice, written, v);
      }
    }
  }

  /** A part of the metadata, and what takes its place. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "shape":[3,16]  | "shape":[3,17]        | layer 'fc' of size 51 has 54 parameters
          "shape":[3,16]  | "shape":[-3,-16]      | parameter 'fc.weight' has shape
          "size":51       | "size":50             | layer 'fc' of size 50 has 51 parameters
          "id":"norm"     | "id":"fc"             | two of them are called 'fc'
          "shape":[3,16]  | "shape":[3000000000,3000000000,16] | do not fit together
          [{"id"          | nothing               | its 'layers' cannot be read
          """)
  void layersThatContradictThemselves(String is, String becomes, String complaint)
      throws Exception {
    Path file = directory.resolve("f.safetensors");
    OperatorFile.write(file, fisher.as(Representation.KFAC), Map.of());
    rewrite(file, "layers", is, becomes);
    assertThatThrownBy(() -> OperatorFile.read(file))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(complaint);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "rows":3        | "rows":4
          "layout":       | "other":
          "kronecker"     | "triangular"
          "offset":0      | "offset":7
          """)
  void partsThatContradictThemselves(String is, String becomes) throws Exception {
    Path file = directory.resolve("f.safetensors");
    OperatorFile.write(file, fisher.as(Representation.KFAC), Map.of());
    rewrite(file, "parts", is, becomes);
    assertThatThrownBy(() -> OperatorFile.read(file))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining(file.toString());
  }

  private static void rewrite(Path file, String key, String is, String becomes) throws IOException {
    try (TensorFile content = Safetensors.read(file)) {
      Map<String, String> metadata = new HashMap<>(content.metadata());
      String old = metadata.get(key);
      assertThat(old).contains(is);
      metadata.put(key, old.replace(is, becomes));
      Safetensors.write(file, content.tensors(), metadata);
    }
  }

  @Test
  void everyStoredRepresentationComesBack() throws Exception {
    for (Representation r : Representation.byName().values()) {
      if (r == Representation.IMPLICIT) {
        continue;
      }
      Path file = directory.resolve(r.name() + ".safetensors");
      try (Scope scope = Scope.open();
          PMat written = fisher.as(r)) {
        OperatorFile.write(file, written, Map.of("n", "6"));
        assertAlike(written, file);
        try (PMat read = OperatorFile.read(file, LayerCollection.of(new Net()))) {
          PVector v = PVector.random(read.layers(), 3);
          assertThat(read.representation()).isEqualTo(r.name());
          assertSameProduct(read, written, v);
        }
      }
    }
  }

  /** Nobody stores a root with as many columns as rows, but its product is a factor too. */
  @Test
  void squareRootsAreRoots() throws Exception {
    Path file = directory.resolve("kfac.safetensors");
    try (Scope scope = Scope.open()) {
      PMat written = fisher.as(Representation.KFAC);
      OperatorFile.write(file, written, Map.of());
      asRoot(file, factor -> torch.linalg_cholesky(factor.add(ridge(factor))));
      PMat read = OperatorFile.read(file);
      assertThat(read.trace() / written.trace()).isCloseTo(1, within(1e-4));
      assertThat(read.tensors().keySet()).isEqualTo(written.tensors().keySet());
      asRoot(file, factor -> factor.select(2, 0));
      assertThatThrownBy(() -> OperatorFile.read(file))
          .isInstanceOf(CorruptFileException.class)
          .hasMessageContaining("left_root has shape");
    }
  }

  private static Tensor ridge(Tensor factor) {
    return Tensors.times(Tensors.eye(factor, factor.size(1)), 1e-9);
  }

  private static void asRoot(Path file, UnaryOperator<Tensor> root) throws IOException {
    try (TensorFile content = Safetensors.read(file)) {
      Map<String, Tensor> tensors = new HashMap<>(content.tensors());
      String name =
          tensors.keySet().stream()
              .filter(n -> n.endsWith("/left") || n.endsWith("/left_root"))
              .sorted()
              .findFirst()
              .orElseThrow();
      Tensor factor = tensors.remove(name);
      tensors.put(name.replace("_root", "") + "_root", root.apply(factor).contiguous());
      Safetensors.write(file, tensors, content.metadata());
    }
  }

  @Test
  void productsAndTruncationsComeBackAsWhatTheyAre() throws Exception {
    PMat kfac = fisher.as(Representation.KFAC);
    PMat blocks = fisher.as(Representation.BLOCK_DIAG);
    for (PMat written :
        List.of(
            kfac.multiply(kfac.times(2)),
            blocks.multiply(blocks),
            fisher.as(Representation.lowRank(4)))) {
      Path file = directory.resolve("product.safetensors");
      OperatorFile.write(file, written, Map.of());
      try (PMat read = OperatorFile.read(file, LayerCollection.of(new Net()))) {
        PVector v = PVector.random(read.layers(), 3);
        assertSameProduct(read, written, v);
        assertThat(read.symmetric()).isEqualTo(written.symmetric());
        assertThat(read.bytes()).isEqualTo(written.bytes());
      }
    }
  }

  @Test
  void implicitHasNothingToSave() {
    assertThatThrownBy(
            () ->
                OperatorFile.write(
                    directory.resolve("f"), fisher.as(Representation.IMPLICIT), Map.of()))
        .isInstanceOf(RefusedOperationException.class)
        .hasMessageContaining("kfac");
  }

  @Test
  void otherLayersAreRefused() throws Exception {
    Path file = directory.resolve("kfac.safetensors");
    OperatorFile.write(file, fisher.as(Representation.KFAC), Map.of());
    assertThatThrownBy(() -> OperatorFile.read(file, LayerCollection.of(net).only("fc")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("conv");
  }

  @Test
  void unknownVersionsAndStrangersAreRefused() throws Exception {
    Path file = directory.resolve("f.safetensors");
    LayerCollection layers = LayerCollection.of(net);
    Safetensors.write(file, Map.of("x", Tensors.of(new double[] {1}, 1)), Map.of());
    assertThatThrownBy(() -> OperatorFile.read(file, layers))
        .isInstanceOf(CorruptFileException.class)
        .hasMessageContaining("no matrix");
    OperatorFile.write(file, fisher.as(Representation.DIAG), Map.of());
    Map<String, Tensor> tensors = new HashMap<>();
    Map<String, String> metadata;
    try (TensorFile content = Safetensors.read(file)) {
      tensors.putAll(content.tensors());
      metadata = new HashMap<>(content.metadata());
      metadata.put("version", "99");
      Safetensors.write(file, tensors, metadata);
      assertThatThrownBy(() -> OperatorFile.read(file, layers))
          .isInstanceOf(CorruptFileException.class)
          .hasMessageContaining("version is 99");
      metadata.put("version", "1");
      tensors.remove("fc/diagonal");
      Safetensors.write(file, tensors, metadata);
      assertThatThrownBy(() -> OperatorFile.read(file, layers))
          .isInstanceOf(CorruptFileException.class)
          .hasMessageContaining("fc/diagonal");
    }
    assertThat(List.of(file)).allMatch(java.nio.file.Files::exists);
  }
}
