package io.nngeometry.layers;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** Gradients given as the matrix (n, p) itself. */
final class ExplicitGradients extends LayerGradients {
  private final Tensor matrix;

  /**
   * @param matrix (n, p)
   */
  ExplicitGradients(Tensor matrix) {
    this.matrix = matrix;
  }

  /** Adds up what every use contributes to every owned parameter. */
  static ExplicitGradients of(
      Layer layer, List<LayerUse> uses, List<LayerRule.Prepared> prepared, List<Tensor> signals) {
    // products with the signal are as large as it and gone when the layer is done
    return new ExplicitGradients(Scope.keeping(() -> matrix(layer, uses, prepared, signals)));
  }

  private static Tensor matrix(
      Layer layer, List<LayerUse> uses, List<LayerRule.Prepared> prepared, List<Tensor> signals) {
    List<Tensor> columns = new ArrayList<>();
    for (Parameter p : layer.parameters()) {
      Tensor total = null;
      for (int u = 0; u < uses.size(); u++) {
        if (uses.get(u).layer().parameters().stream().anyMatch(q -> q == p)) {
          Tensor part = prepared.get(u).perExample(p, signals.get(u));
          total = total == null ? part : total.add(part);
        }
      }
      columns.add(
          total != null ? total : Tensors.zeros(signals.get(0), uses.get(0).examples(), p.size()));
    }
    return Tensors.cat(columns, 1);
  }

  @Override
  public long examples() {
    return matrix.size(0);
  }

  @Override
  protected Tensor anyTensor() {
    return matrix;
  }

  @Override
  protected Tensor computePerExample() {
    return matrix;
  }
}
