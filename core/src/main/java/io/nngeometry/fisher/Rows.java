package io.nngeometry.fisher;

import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerGradients;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Gradients of some layers that follow each other, as one matrix of a row per example. */
final class Rows {
  private final List<Layer> layers;
  private final Types types;
  private final long offset;
  private final long size;

  Rows(List<Layer> layers, Types types) {
    this.layers = layers;
    this.types = types;
    offset = layers.get(0).offset();
    size = layers.stream().mapToLong(Layer::size).sum();
  }

  /** Number of parameters. */
  long size() {
    return size;
  }

  /** (examples, parameters); a layer that was not used has zeros. */
  Tensor of(Map<String, LayerGradients> gradients, long examples) {
    LayerGradients only = gradients.get(layers.get(0).id());
    if (layers.size() == 1 && only != null) {
      return only.perExample();
    }
    Tensor rows = Tensors.empty(types.terms(), examples, size);
    for (Layer layer : layers) {
      Tensor place = rows.narrow(1, layer.offset() - offset, layer.size());
      LayerGradients mine = gradients.get(layer.id());
      if (mine == null) {
        place.zero_();
      } else {
        place.copy_(mine.perExample());
      }
    }
    return rows;
  }
}
