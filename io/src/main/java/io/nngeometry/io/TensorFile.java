package io.nngeometry.io;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The content of a file of named tensors. It owns the tensors and frees them when closed; the file
 * itself is no longer open.
 */
public final class TensorFile implements AutoCloseable {
  private final Path path;
  private final Map<String, Tensor> tensors;
  private final Map<String, String> metadata;

  TensorFile(Path path, Map<String, Tensor> tensors, Map<String, String> metadata) {
    this.path = path;
    this.tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    this.metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  /** The tensors by name, in the order of the file. */
  public Map<String, Tensor> tensors() {
    return tensors;
  }

  /** What the file says about itself, in the order of the file; empty if nothing. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /**
   * The tensor called {@code name}, on the CPU, contiguous.
   *
   * @throws NoSuchElementException naming the file, if it has no such tensor
   */
  public Tensor get(String name) {
    @Nullable Tensor t = tensors.get(name);
    if (t == null) {
      throw new NoSuchElementException(path + " has no tensor '" + name + "'");
    }
    return t;
  }

  @Override
  public void close() {
    tensors.values().forEach(Tensor::close);
  }
}
