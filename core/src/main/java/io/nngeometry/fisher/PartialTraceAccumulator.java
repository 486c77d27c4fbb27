package io.nngeometry.fisher;

import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerGradients;
import io.nngeometry.layers.MatrixLayout;
import io.nngeometry.operators.Block;
import io.nngeometry.operators.KroneckerBlock;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * The partial traces of a linear map's exact block: means of G G^T and G^T G of the gradients G as
 * matrices, which make a Kronecker block of the same trace. Where G = g a^T it is the
 * trace-restricted KFAC of Gao et al. (2021).
 *
 * <p>For layers with inputs on both sides of their weight, such as an embedding that is the output
 * layer too. There KFAC's factors would add one-hots to output gradients, which have no common
 * scale, and the product would hold inputs times inputs; the partial traces weigh every position by
 * what it adds to the gradient.
 */
final class PartialTraceAccumulator implements BlockAccumulator {
  private final Layer layer;
  private final MatrixLayout layout;
  private final Sum overRows;
  private final Sum overColumns;
  private final Means means;

  PartialTraceAccumulator(Layer layer, Types types) {
    this.layer = layer;
    layout = layer.matrix().orElseThrow();
    overRows = types.sum(layout.groups(), layout.rows(), layout.rows());
    overColumns = types.sum(layout.groups(), layout.width(), layout.width());
    means = types.means(layer.size());
  }

  @Override
  public Optional<Layer> only() {
    return Optional.of(layer);
  }

  @Override
  public void gradients(Map<String, LayerGradients> gradients, long examples, int cotangent) {
    LayerGradients mine = gradients.get(layer.id());
    if (mine != null) {
      overRows.add(mine.outer().rowMoment());
      overColumns.add(mine.outer().columnMoment());
      means.add(cotangent, mine::sum);
    }
  }

  @Override
  public void merge(BlockAccumulator other) {
    overRows.merge(((PartialTraceAccumulator) other).overRows);
    overColumns.merge(((PartialTraceAccumulator) other).overColumns);
    means.merge(((PartialTraceAccumulator) other).means);
  }

  @Override
  public double eigenvectors() {
    return overRows.eigenvectors() + overColumns.eigenvectors();
  }

  @Override
  public Block finish(long examples) {
    return Block.keeping(
        () -> {
          Tensor rows =
              means.takenOff(overRows.mean(layer.id(), examples), examples, m -> square(m, true));
          Tensor columns =
              means.takenOff(
                  overColumns.mean(layer.id(), examples), examples, m -> square(m, false));
          return KroneckerBlock.ofPartialTraces(layout, rows, columns);
        });
  }

  private Tensor square(Tensor mean, boolean ofRows) {
    Tensor g = layout.toMatrix(mean);
    Tensor t = g.transpose(1, 2);
    return ofRows ? g.matmul(t) : t.matmul(g);
  }

  @Override
  public void close() {
    overRows.close();
    overColumns.close();
    means.close();
  }
}
