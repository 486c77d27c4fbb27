package io.nngeometry.io;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.InputSide;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.MatrixLayout;
import io.nngeometry.operators.Block;
import io.nngeometry.operators.DenseBlock;
import io.nngeometry.operators.DiagonalBlock;
import io.nngeometry.operators.EigenKroneckerBlock;
import io.nngeometry.operators.IdentityBlock;
import io.nngeometry.operators.KroneckerBlock;
import io.nngeometry.operators.LayerwisePMat;
import io.nngeometry.operators.LowRankPMat;
import io.nngeometry.operators.PMat;
import io.nngeometry.operators.QuasiDiagonalBlock;
import io.nngeometry.operators.RefusedOperationException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Matrices as safetensors files: the tensors of every block as {@code layer/tensor}, and in the
 * metadata {@code format}, {@code version}, {@code representation}, {@code dtype}, {@code layers}
 * (id, kind, size and parameters in flat order) and {@code parts} (name, offset, size, kind of
 * block and, where it has one, its {@link MatrixLayout}), the last two as JSON. Kronecker factors
 * are (groups, p, p), or their diagonals (groups, p) where that is all there is, or roots R,
 * (groups, p, m), of R R^T, named {@code left_root} and {@code right_root}; bases are (groups, p,
 * r) with r up to p, and {@code rest} is the eigenvalue of what they do not span. Whoever reads
 * safetensors reads them; the network need not be there.
 */
public final class OperatorFile {
  private static final String FORMAT = "nngeometry-pmat";
  private static final String VERSION = "1";
  private static final String LOW_RANK = "low-rank";
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * A block as the file describes it.
   *
   * @param layout how its part is read as matrices, if it is
   * @param inputs which side of them inputs index, if that is known
   * @param rest the eigenvalue of what its bases do not span, if they are not complete
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record PartFacts(
      String name,
      long offset,
      long size,
      String kind,
      @Nullable MatrixLayout layout,
      @Nullable InputSide inputs,
      @Nullable Double rest) {

    static PartFacts of(LayerwisePMat.Part part) {
      Block block = part.block();
      return new PartFacts(
          part.name(),
          part.offset(),
          block.size(),
          block.kind(),
          block.layout().orElse(null),
          block instanceof KroneckerBlock k ? k.inputs() : null,
          block instanceof EigenKroneckerBlock e && e.missing() > 0 ? e.rest() : null);
    }

    /** The layout, which must be there and fit. */
    MatrixLayout matrices() {
      if (layout == null || layout.size() != size) {
        throw new IllegalArgumentException(
            "the block '%s' of %d parameters has the layout %s".formatted(name, size, layout));
      }
      return layout;
    }
  }

  private OperatorFile() {}

  /**
   * Writes a stored matrix.
   *
   * @param facts what else to tell in the metadata: n, estimator, seed, …
   * @throws RefusedOperationException if nothing of the matrix is stored
   */
  public static void write(Path file, PMat matrix, Map<String, String> facts) throws IOException {
    Map<String, Tensor> tensors = matrix.tensors();
    if (tensors.isEmpty()) {
      throw new RefusedOperationException(
          "saving",
          matrix.representation(),
          "nothing of it is stored",
          "kfac or dense can be saved");
    }
    Map<String, String> metadata = new LinkedHashMap<>(facts);
    metadata.put("format", FORMAT);
    metadata.put("version", VERSION);
    metadata.put("representation", matrix.representation());
    metadata.put("layers", JSON.writeValueAsString(DescribedLayer.of(matrix.layers())));
    metadata.put("parts", JSON.writeValueAsString(parts(matrix)));
    Tensor any = tensors.values().iterator().next();
    metadata.put("dtype", Tensors.type(any) == ScalarType.Double ? "float64" : "float32");
    Safetensors.write(file, tensors, metadata);
  }

  private static List<PartFacts> parts(PMat matrix) {
    return matrix instanceof LayerwisePMat layerwise
        ? layerwise.parts().stream().map(PartFacts::of).toList()
        : List.of(new PartFacts("all", 0, matrix.size(), LOW_RANK, null, null, null));
  }

  /**
   * Reads a matrix over {@code layers}.
   *
   * @throws CorruptFileException if it is no such file, of an unknown version, or does not fit
   *     itself
   * @throws IllegalArgumentException if it is over other layers
   */
  public static PMat read(Path file, LayerCollection layers) throws IOException {
    return read(
        file,
        (theirs, type) -> {
          List<DescribedLayer> mine = DescribedLayer.of(layers);
          if (!theirs.equals(mine)) {
            throw new IllegalArgumentException(
                "%s is over %s".formatted(file, DescribedLayer.difference(theirs, mine)));
          }
          return layers;
        });
  }

  /**
   * Reads a matrix without its network: its {@link PMat#layers()} have the names and sizes that the
   * file tells, and parameters that are zero.
   *
   * @throws CorruptFileException if it is no such file, of an unknown version, or does not fit
   *     itself
   */
  public static PMat read(Path file) throws IOException {
    return read(file, (theirs, type) -> DescribedLayer.collection(file, theirs, type));
  }

  /** Finds the layers that a file describes. */
  private interface Finder {
    LayerCollection find(List<DescribedLayer> layers, ScalarType type) throws IOException;
  }

  private static PMat read(Path file, Finder finder) throws IOException {
    try (Scope scope = Scope.open();
        TensorFile content = Safetensors.read(file)) {
      Map<String, String> metadata = content.metadata();
      if (!FORMAT.equals(metadata.get("format")) || content.tensors().isEmpty()) {
        throw new CorruptFileException(file, "it holds no matrix of this library");
      }
      if (!VERSION.equals(metadata.get("version"))) {
        throw new CorruptFileException(
            file,
            "its version is %s, and this library reads version %s"
                .formatted(metadata.get("version"), VERSION));
      }
      ScalarType type = Tensors.type(content.tensors().values().iterator().next());
      LayerCollection layers =
          finder.find(json(file, metadata, "layers", new TypeReference<>() {}), type);
      List<PartFacts> parts = json(file, metadata, "parts", new TypeReference<>() {});
      PMat matrix = assemble(file, content, layers, parts, metadata);
      matrix.tensors().values().forEach(scope::keep);
      return matrix;
    }
  }

  private static PMat assemble(
      Path file,
      TensorFile content,
      LayerCollection layers,
      List<PartFacts> facts,
      Map<String, String> metadata)
      throws IOException {
    try {
      if (facts.size() == 1 && facts.get(0).kind().equals(LOW_RANK)) {
        return new LowRankPMat(layers, content.get("rows").clone());
      }
      List<LayerwisePMat.Part> parts = new ArrayList<>();
      for (PartFacts part : facts) {
        parts.add(new LayerwisePMat.Part(part.name(), part.offset(), block(content, part)));
      }
      return new LayerwisePMat(layers, metadata.getOrDefault("representation", "layerwise"), parts);
    } catch (RuntimeException e) {
      throw new CorruptFileException(file, "its parts do not fit together: " + e.getMessage(), e);
    }
  }

  private static Block block(TensorFile content, PartFacts part) {
    return switch (part.kind()) {
      case "dense", "dense product" ->
          new DenseBlock(
              tensor(content, part, "matrix", part.size(), part.size()),
              part.kind().equals("dense"));
      case "diagonal" -> new DiagonalBlock(tensor(content, part, "diagonal", part.size()));
      case "identity" -> new IdentityBlock(tensor(content, part, "scale", 1), part.size());
      case "quasi-diagonal" -> {
        var m = part.matrices();
        yield new QuasiDiagonalBlock(
            m,
            tensor(content, part, "diagonal", m.groups(), m.rows(), m.width()),
            tensor(content, part, "cross", m.groups(), m.rows(), m.columns()));
      }
      case "kronecker", "kronecker product" -> {
        var m = part.matrices();
        yield new KroneckerBlock(
            m,
            factor(content, part, "left", m.groups(), m.rows()),
            factor(content, part, "right", m.groups(), m.width()),
            part.inputs() == null ? InputSide.COLUMNS : part.inputs(),
            part.kind().equals("kronecker"));
      }
      case "eigen-kronecker" -> {
        var m = part.matrices();
        Tensor left = vectors(content, part, "left_basis", m.groups(), m.rows());
        Tensor right = vectors(content, part, "right_basis", m.groups(), m.width());
        yield new EigenKroneckerBlock(
            m,
            left,
            right,
            tensor(content, part, "coefficients", m.groups(), left.size(-1), right.size(-1)),
            part.rest() == null ? 0 : part.rest());
      }
      default -> throw new IllegalArgumentException("no kind of block '" + part.kind() + "'");
    };
  }

  /** A factor: its root, its diagonal alone, or the whole. */
  private static Tensor factor(
      TensorFile content, PartFacts part, String name, long groups, long p) {
    Tensor stored = content.tensors().get(part.name() + "/" + name + "_root");
    if (stored != null) {
      Tensor root = tensor(content, part, name + "_root", groups, p, stored.size(-1));
      return root.size(2) < p ? root : root.matmul(root.transpose(1, 2)); // as nobody writes it
    }
    return content.get(part.name() + "/" + name).dim() == 2
        ? tensor(content, part, name, groups, p)
        : tensor(content, part, name, groups, p, p);
  }

  /** Columns of p elements, p at most, or p axes. */
  private static Tensor vectors(
      TensorFile content, PartFacts part, String name, long groups, long p) {
    Tensor t = content.get(part.name() + "/" + name);
    return t.dim() == 2
        ? tensor(content, part, name, groups, p)
        : tensor(content, part, name, groups, p, Math.min(p, t.size(-1)));
  }

  private static Tensor tensor(TensorFile content, PartFacts part, String name, long... shape) {
    Tensor t = content.get(part.name() + "/" + name);
    if (!java.util.Arrays.equals(Tensors.shape(t), shape)) {
      throw new IllegalArgumentException(
          "%s/%s has shape %s, not %s"
              .formatted(
                  part.name(),
                  name,
                  java.util.Arrays.toString(Tensors.shape(t)),
                  java.util.Arrays.toString(shape)));
    }
    return t.clone();
  }

  private static <T> T json(
      Path file, Map<String, String> metadata, String key, TypeReference<T> type)
      throws IOException {
    try {
      T value = JSON.readValue(metadata.getOrDefault(key, ""), type);
      if (value == null) {
        throw new CorruptFileException(file, "its '%s' cannot be read".formatted(key));
      }
      return value;
    } catch (JsonProcessingException e) {
      throw new CorruptFileException(file, "its '%s' cannot be read".formatted(key), e);
    }
  }
}
