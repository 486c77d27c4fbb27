package io.nngeometry.fisher;

import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.StackedGradients;
import java.util.List;

/** The squared norms of all gradients, most of them without the gradients: the trace. */
final class NormAccumulator implements Accumulator {
  private final List<OfLayer> layers;

  NormAccumulator(LayerCollection layers, Types types) {
    this.layers = layers.layers().stream().map(layer -> new OfLayer(layer, types)).toList();
  }

  @Override
  public List<LayerSum> byLayer() {
    return List.copyOf(layers);
  }

  /** The mean over {@code examples}, less the norms of the means where these are taken off. */
  double finish(long examples) {
    return layers.stream().mapToDouble(layer -> layer.finish(examples)).sum();
  }

  @Override
  public void close() {
    layers.forEach(layer -> layer.means.close());
  }

  /** One layer's part of it. */
  private static final class OfLayer implements LayerSum {
    private final Layer layer;
    private final Means means;
    private double sum;

    OfLayer(Layer layer, Types types) {
      this.layer = layer;
      means = types.means(layer.size());
    }

    @Override
    public Layer layer() {
      return layer;
    }

    @Override
    public void gradients(StackedGradients gradients, int first) {
      sum += gradients.squaredNorm();
      means.add(first, gradients);
    }

    double finish(long examples) {
      return sum / examples - means.squaredNorm(examples);
    }
  }
}
