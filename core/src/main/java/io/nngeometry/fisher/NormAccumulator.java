package io.nngeometry.fisher;

import io.nngeometry.engine.Tensors;
import io.nngeometry.engine.Workers;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.LayerGradients;
import io.nngeometry.layers.LayerInputs;
import java.util.List;
import java.util.Map;

/** The squared norms of all gradients, most of them without the gradients: the trace. */
final class NormAccumulator implements Accumulator {
  private final Rows rows;
  private final Means means;
  private double operations;
  private double sum;

  NormAccumulator(LayerCollection layers, Types types) {
    rows = new Rows(layers.layers(), types);
    means = types.means(rows.size());
  }

  @Override
  public void begin(Map<String, LayerInputs> inputs, long examples, int cotangents) {
    operations = inputs.values().stream().mapToDouble(LayerInputs::operations).sum();
  }

  @Override
  public void gradients(Map<String, LayerGradients> gradients, long examples, int cotangent) {
    Workers.inOrder(
        List.copyOf(gradients.values()),
        operations,
        g -> g.squaredNorms().sum(),
        (g, norms) -> sum += Tensors.item(norms));
    means.add(cotangent, () -> rows.of(gradients, examples).sum(0));
  }

  /** The mean over {@code examples}, less the norms of the means where these are taken off. */
  double finish(long examples) {
    return sum / examples - means.squaredNorm(examples);
  }

  @Override
  public void close() {
    means.close();
  }
}
