package io.nngeometry.cli.compare;

import io.nngeometry.engine.Tensors;
import io.nngeometry.io.Safetensors;
import io.nngeometry.layers.Layer;
import io.nngeometry.operators.LayerwisePMat;
import io.nngeometry.operators.PMat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A stored matrix as a safetensors file: the tensors of each block as {@code layer/tensor}, and
 * what it is as metadata.
 */
public final class MatrixFile {
  private static final String VERSION = "1";

  private MatrixFile() {}

  /** Writes {@code matrix} with {@code facts} about how it came about. */
  public static void write(Path file, LayerwisePMat matrix, Map<String, String> facts)
      throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (LayerwisePMat.Part part : matrix.parts()) {
      part.block().tensors().forEach((name, t) -> tensors.put(part.name() + "/" + name, t));
    }
    Map<String, String> metadata = new LinkedHashMap<>(facts);
    metadata.put("format", "nngeometry-pmat");
    metadata.put("version", VERSION);
    metadata.put("kind", matrix.representation());
    metadata.put("layers", layers(matrix));
    metadata.put("dtype", dtype(tensors.values().iterator().next()));
    Safetensors.write(file, tensors, metadata);
  }

  /** The flat order: {@code id:kind:parameters}, in order. */
  private static String layers(PMat matrix) {
    return matrix.layers().layers().stream()
        .map((Layer l) -> "%s:%s:%d".formatted(l.id(), l.kind(), l.size()))
        .collect(Collectors.joining(","));
  }

  private static String dtype(Tensor t) {
    return Tensors.type(t) == ScalarType.Double ? "float64" : "float32";
  }
}
