package io.nngeometry.fisher;

import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerGradients;
import io.nngeometry.operators.Block;
import io.nngeometry.operators.DenseBlock;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** All second moments of some layers' parameters together: the sum of g g^T. */
final class DenseAccumulator implements BlockAccumulator {
  private final Rows rows;
  private final String name;
  private final Sum moments;
  private final Means means;

  /** Of layers that follow each other in the flat order. */
  DenseAccumulator(List<Layer> layers, Types types) {
    rows = new Rows(layers, types);
    name = layers.get(0).id();
    moments = types.sum(rows.size(), rows.size());
    means = types.means(rows.size());
  }

  @Override
  public void gradients(Map<String, LayerGradients> gradients, long examples, int cotangent) {
    Tensor g = rows.of(gradients, examples);
    moments.addGram(g);
    means.add(cotangent, () -> g.sum(0));
  }

  @Override
  public void merge(BlockAccumulator other) {
    moments.merge(((DenseAccumulator) other).moments);
    means.merge(((DenseAccumulator) other).means);
  }

  @Override
  public Block finish(long examples) {
    return Block.keeping(
        () ->
            new DenseBlock(
                means.takenOff(moments.mean(name, examples), examples, m -> m.outer(m))));
  }

  @Override
  public void close() {
    moments.close();
    means.close();
  }
}
