package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.LayerInputs;
import io.nngeometry.layers.StackedGradients;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.jspecify.annotations.Nullable;

/** The gradients of all examples and cotangents themselves, written where they stay. */
final class JacobianAccumulator implements Accumulator {
  private final LayerCollection layers;
  private final long examples;
  private final double factor;
  private final TensorOptions options;
  private final Room room;
  private long first;
  private long count;
  private @Nullable Tensor all;

  /** What may hold them. */
  interface Room {
    /** Fails if it has no place for so many bytes of so many cotangents. */
    void check(int cotangents, double bytes);
  }

  /**
   * @param examples how many there will be
   * @param factor of every gradient
   * @param options type and device
   */
  JacobianAccumulator(
      LayerCollection layers, long examples, double factor, TensorOptions options, Room room) {
    this.layers = layers;
    this.examples = examples;
    this.factor = factor;
    this.options = options;
    this.room = room;
  }

  @Override
  public void begin(Map<String, LayerInputs> inputs, long size, int cotangents) {
    if (all == null) {
      double elements = (double) cotangents * examples * layers.size();
      room.check(cotangents, elements * options.dtype().itemsize());
      all = Scope.detach(Tensors.empty(options, cotangents, examples, layers.size()));
    }
    first += count;
    count = size;
  }

  @Override
  public List<LayerSum> byLayer() {
    return layers.layers().stream().<LayerSum>map(Place::new).toList();
  }

  /** One layer's part of them. */
  private final class Place implements LayerSum {
    private final Layer layer;

    Place(Layer layer) {
      this.layer = layer;
    }

    @Override
    public Layer layer() {
      return layer;
    }

    @Override
    public void gradients(StackedGradients gradients, int cotangent) {
      gradients.perExampleInto(of(cotangent, gradients.each().size()), factor);
    }

    @Override
    public void nothing(int cotangent, int cotangents) {
      of(cotangent, cotangents).zero_();
    }

    private Tensor of(int cotangent, int cotangents) {
      return layer.of(finish().narrow(0, cotangent, cotangents).narrow(1, first, count));
    }
  }

  /** (K, n, d), which lives as long as this. */
  Tensor finish() {
    return Objects.requireNonNull(all, "no minibatch has been seen");
  }

  /** The same, which is the caller's from now on: it outlives every scope and must be closed. */
  Tensor take() {
    Tensor taken = finish();
    all = null;
    return taken;
  }

  @Override
  public void close() {
    if (all != null) {
      all.close();
    }
  }
}
