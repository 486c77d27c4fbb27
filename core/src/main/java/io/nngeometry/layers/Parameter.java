package io.nngeometry.layers;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.List;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;

/**
 * A trainable tensor of a model. Identity matters: two layers that hold the same {@code Parameter}
 * are tied.
 *
 * <p>A layer reads it through {@link #value()}, so that a pass may put a tangent or a fresh leaf in
 * its place. A model that uses a parameter outside any layer (a class token, a positional
 * embedding, a layer scale) reads it through {@link #over(Tensor)}, which is itself a layer of kind
 * {@code Parameter}.
 */
public final class Parameter implements ParametricLayer {
  private final long[] shape;
  private Tensor tensor;

  /** Takes over {@code initial}, of any floating type; its history is dropped. */
  public Parameter(Tensor initial) {
    this.shape = Tensors.shape(initial);
    this.tensor = own(initial);
  }

  /** The value that the running forward pass sees. */
  public Tensor value() {
    return ForwardPass.current().value(this);
  }

  /**
   * The value once per example of {@code batch}, lined up with its axes from the right: shape (E)
   * over a batch (n, T, E) is (n, 1, E); shape (1, T, E), whose first axis stands for the batch, is
   * (n, T, E).
   *
   * @throws IllegalArgumentException if the shape has more axes than the batch, or as many without
   *     a leading one
   */
  public Tensor over(Tensor batch) {
    int rank = (int) batch.dim();
    boolean leadingOne = shape.length == rank && (rank == 0 || shape[0] == 1);
    if (rank == 0 || !(shape.length < rank || leadingOne)) {
      throw new IllegalArgumentException(
          "a parameter of shape %s cannot stand once per example over a batch of shape %s"
              .formatted(List.of(boxed(shape)), List.of(boxed(Tensors.shape(batch)))));
    }
    long[] aligned = new long[rank];
    java.util.Arrays.fill(aligned, 1);
    System.arraycopy(shape, 0, aligned, rank - shape.length, shape.length);
    long[] expanded = aligned.clone();
    expanded[0] = batch.size(0);
    return ForwardPass.current().apply(this, batch, x -> value().view(aligned).expand(expanded));
  }

  /** The stored tensor itself, a leaf that requires a gradient. */
  public Tensor tensor() {
    return tensor;
  }

  /** Replaces the stored tensor by one of the same shape, of any floating type. */
  public void set(Tensor replacement) {
    if (!java.util.Arrays.equals(shape, Tensors.shape(replacement))) {
      throw new IllegalArgumentException(
          "a parameter of shape %s cannot take a tensor of shape %s"
              .formatted(List.of(boxed(shape)), List.of(boxed(Tensors.shape(replacement)))));
    }
    Tensor old = tensor;
    tensor = own(replacement);
    old.close();
  }

  /** Sizes. */
  public long[] shape() {
    return shape.clone();
  }

  /** Number of elements. */
  public long size() {
    return Tensors.numel(shape);
  }

  @Override
  public String kind() {
    return "Parameter";
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(this);
  }

  @Override
  public String fullName(String id, int index) {
    return id;
  }

  @Override
  public LayerRule rule() {
    return BareParameterRule.INSTANCE;
  }

  private static Tensor own(Tensor t) {
    Objects.requireNonNull(t, "parameter value");
    if (!t.is_floating_point()) {
      throw new IllegalArgumentException("a parameter must be of floating type, got " + t.dtype());
    }
    try (Scope scope = Scope.open()) {
      return Scope.detach(t.detach().clone().set_requires_grad(true));
    }
  }

  private static Long[] boxed(long[] values) {
    return java.util.Arrays.stream(values).boxed().toArray(Long[]::new);
  }
}
