package io.nngeometry.vectors;

import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** A vector of parameter space: d coordinates in the flat order of a {@link LayerCollection}. */
public final class PVector extends Vector<PVector> {
  private final LayerCollection layers;

  private PVector(LayerCollection layers, Tensor flat) {
    super(flat);
    if (flat.dim() != 1 || flat.size(0) != layers.size()) {
      throw new IllegalArgumentException(
          "a vector over %s needs shape (%d), got %s"
              .formatted(layers, layers.size(), Arrays.toString(Tensors.shape(flat))));
    }
    this.layers = layers;
  }

  /** The vector with coordinates {@code flat}, (d); it shares the tensor. */
  public static PVector of(LayerCollection layers, Tensor flat) {
    return new PVector(layers, flat);
  }

  /** Zero, of the parameters' dtype. */
  public static PVector zeros(LayerCollection layers) {
    return new PVector(layers, Scope.keeping(() -> Tensors.zeros(like(layers), layers.size())));
  }

  /** Standard normal coordinates; the same seed gives the same vector. */
  public static PVector random(LayerCollection layers, long seed) {
    return new PVector(
        layers,
        Scope.keeping(() -> Tensors.randn(seed, Tensors.options(like(layers)), layers.size())));
  }

  /**
   * The parameters as they are now, differentiable: {@code drift = F.quadratic(parameters - old)}
   * back-propagates to the model. Take {@link #copy()} to keep them.
   */
  public static PVector parameters(LayerCollection layers) {
    return new PVector(
        layers,
        Scope.keeping(
            () ->
                torch.cat(
                    Tensors.vector(
                        layers.slots().stream()
                            .map(s -> s.parameter().tensor().reshape(-1))
                            .toList()),
                    0)));
  }

  /**
   * The gradient of a scalar {@code loss} computed from the model's parameters; the graph is kept.
   */
  public static PVector gradient(LayerCollection layers, Tensor loss) {
    return new PVector(
        layers,
        Scope.keeping(
            () -> {
              List<Tensor> leaves =
                  layers.slots().stream().map(s -> s.parameter().tensor()).toList();
              TensorVector grads =
                  torch.grad(
                      new TensorVector(loss),
                      Tensors.vector(leaves),
                      new TensorVector(),
                      new BoolOptional(true),
                      false,
                      true);
              List<Tensor> parts = new ArrayList<>();
              for (int k = 0; k < leaves.size(); k++) {
                Tensor g = grads.get(k);
                parts.add((g.defined() ? g : torch.zeros_like(leaves.get(k))).reshape(-1));
              }
              return Tensors.cat(parts, 0).clone();
            }));
  }

  /** A vector from one tensor per parameter name; shapes must match, every name must be there. */
  public static PVector ofMap(LayerCollection layers, Map<String, Tensor> byName) {
    List<Tensor> parts = new ArrayList<>();
    for (Layer.Slot slot : layers.slots()) {
      Tensor t = byName.get(slot.name());
      if (t == null || !Arrays.equals(Tensors.shape(t), slot.parameter().shape())) {
        throw new IllegalArgumentException(
            "parameter %s needs a tensor of shape %s, got %s"
                .formatted(
                    slot.name(),
                    Arrays.toString(slot.parameter().shape()),
                    t == null ? "none" : Arrays.toString(Tensors.shape(t))));
      }
      parts.add(t);
    }
    return new PVector(
        layers,
        Scope.keeping(
            () -> Tensors.cat(parts.stream().map(t -> t.reshape(-1)).toList(), 0).clone()));
  }

  /** The layers that the coordinates belong to. */
  public LayerCollection layers() {
    return layers;
  }

  /** The coordinates of one layer, a view. */
  public Tensor layer(String id) {
    return layers.layer(id).of(tensor());
  }

  /** The coordinates of every parameter in its own shape, by full name: views. */
  public Map<String, Tensor> byName() {
    Map<String, Tensor> views = new LinkedHashMap<>();
    for (Layer.Slot slot : layers.slots()) {
      views.put(
          slot.name(),
          tensor()
              .narrow(0, slot.offset(), slot.parameter().size())
              .view(slot.parameter().shape()));
    }
    return views;
  }

  /** Overwrites the model's parameters with the coordinates. */
  public void copyToModel() {
    inModel((parameter, mine) -> parameter.copy_(mine));
  }

  /** Adds {@code factor} times this vector to the model's parameters. */
  public void addToModel(double factor) {
    inModel((parameter, mine) -> parameter.add_(mine, Tensors.scalar(factor)));
  }

  private void inModel(java.util.function.BiConsumer<Tensor, Tensor> update) {
    try (Scope scope = Scope.open();
        GradMode none = GradMode.disabled()) {
      Map<String, Tensor> mine = byName();
      for (Layer.Slot slot : layers.slots()) {
        update.accept(
            slot.parameter().tensor(), java.util.Objects.requireNonNull(mine.get(slot.name())));
      }
    }
  }

  private static Tensor like(LayerCollection layers) {
    return layers.slots().get(0).parameter().tensor();
  }

  @Override
  PVector sameSpace(Tensor values) {
    return new PVector(layers, values);
  }

  @Override
  void checkSameSpace(PVector other) {
    if (!layers.equals(other.layers)) {
      throw new IllegalArgumentException(
          "vectors over different parameters: %s and %s".formatted(layers, other.layers));
    }
  }

  @Override
  public String toString() {
    return "PVector over " + layers;
  }
}
