package io.nngeometry.vectors;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

/**
 * A stored linear map between parameter and function space, (c, n, d): for each output and example
 * a vector of parameter space. The Jacobian is one.
 */
public final class PFMap implements AutoCloseable {
  private final LayerCollection layers;
  private final Tensor values;

  private PFMap(LayerCollection layers, Tensor values) {
    if (values.dim() != 3 || values.size(2) != layers.size()) {
      throw new IllegalArgumentException(
          "a map over %s needs shape (c, n, %d), got %s"
              .formatted(layers, layers.size(), Arrays.toString(Tensors.shape(values))));
    }
    this.layers = layers;
    this.values = values;
  }

  /** The map with coefficients (c, n, d); it shares the tensor. */
  public static PFMap of(LayerCollection layers, Tensor values) {
    return new PFMap(layers, values);
  }

  /** The coefficients (c, n, d); not a copy. */
  public Tensor tensor() {
    if (values.isNull()) {
      throw new IllegalStateException("this map has been closed, or its scope has");
    }
    return values;
  }

  /** The parameters of its parameter side. */
  public LayerCollection layers() {
    return layers;
  }

  /** Number of outputs, c. */
  public long outputs() {
    return values.size(0);
  }

  /** Number of examples, n. */
  public long examples() {
    return values.size(1);
  }

  /** w to J w: what a change of parameters does to the outputs, to first order. */
  public FVector push(PVector w) {
    checkLayers(w);
    return FVector.of(Scope.keeping(() -> tensor().matmul(w.tensor())));
  }

  /** u to J^T u, the adjoint of {@link #push}. */
  public PVector pull(FVector u) {
    if (u.outputs() != outputs() || u.examples() != examples()) {
      throw new IllegalArgumentException(
          "a function vector of shape (%d, %d) does not fit a map of shape (%d, %d, %d)"
              .formatted(u.outputs(), u.examples(), outputs(), examples(), layers.size()));
    }
    return PVector.of(
        layers, Scope.keeping(() -> tensor().flatten(0, 1).t().mv(u.tensor().reshape(-1))));
  }

  /** The map whose vectors have, per output, the mean over examples taken off. */
  public PFMap centred() {
    return new PFMap(
        layers,
        Scope.keeping(
            () -> tensor().sub(Tensors.sum(values, true, 1).div(Tensors.scalar(examples())))));
  }

  private void checkLayers(PVector w) {
    if (!layers.equals(w.layers())) {
      throw new IllegalArgumentException(
          "a vector over %s does not fit a map over %s".formatted(w.layers(), layers));
    }
  }

  /** Frees the coefficients. */
  @Override
  public void close() {
    values.close();
  }

  @Override
  public String toString() {
    return "PFMap (%d, %d, %d)".formatted(outputs(), examples(), layers.size());
  }
}
