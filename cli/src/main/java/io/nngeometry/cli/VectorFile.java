package io.nngeometry.cli;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.CorruptFileException;
import io.nngeometry.io.Safetensors;
import io.nngeometry.io.TensorFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.TreeSet;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A vector over parameters in a file.
 *
 * @param file in safetensors form
 * @param key the tensor's name; empty for the only one
 */
record VectorFile(Path file, String key) {
  /** FILE or FILE:KEY. */
  static VectorFile of(String word) {
    int colon = word.lastIndexOf(':');
    return colon <= 1 || Files.exists(Path.of(word)) // one letter and a colon are a drive
        ? new VectorFile(Path.of(word), "")
        : new VectorFile(Path.of(word.substring(0, colon)), word.substring(colon + 1));
  }

  @Override
  public String toString() {
    return key.isEmpty() ? file.toString() : file + ":" + key;
  }

  /** The vector as a row, (1, d). */
  Tensor row(long d, ScalarType type) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new UserException("--vector %s: no such file".formatted(file));
    }
    try (TensorFile content = Safetensors.read(file)) {
      TreeSet<String> names = new TreeSet<>(content.tensors().keySet());
      String name = key.isEmpty() && names.size() == 1 ? names.first() : key;
      if (!names.contains(name)) {
        throw new UserException(
            "--vector %s: %s; it holds %s: name one as FILE:KEY"
                .formatted(
                    file, name.isEmpty() ? "which tensor?" : "no tensor '" + name + "'", names));
      }
      Tensor v = content.get(name);
      if (v.numel() != d || !v.is_floating_point()) {
        throw new UserException(
            "--vector %s: the tensor '%s' has shape %s and type %s; the network has %d parameters, so that many floating-point numbers are needed"
                .formatted(file, name, Arrays.toString(Tensors.shape(v)), Tensors.type(v), d));
      }
      if (!Tensors.isFinite(v)) {
        throw new UserException(
            "--vector %s: the tensor '%s' holds NaN or infinite numbers".formatted(file, name));
      }
      return Scope.keeping(() -> v.reshape(1, d).to(type).clone());
    } catch (CorruptFileException e) {
      throw new UserException("--vector %s".formatted(e.getMessage()), e);
    }
  }
}
