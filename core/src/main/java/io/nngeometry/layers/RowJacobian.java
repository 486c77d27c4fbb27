package io.nngeometry.layers;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The gradients themselves, (r, n, p). */
final class RowJacobian extends LayerJacobian {
  private final long size;
  private final int outputs;
  private @Nullable Tensor rows;

  /**
   * @param size number of parameters, p
   */
  RowJacobian(long size, int outputs) {
    this.size = size;
    this.outputs = outputs;
  }

  @Override
  public void set(int first, StackedGradients gradients) {
    LayerGradients any = gradients.each().get(0);
    if (rows == null) {
      rows = Scope.detach(Tensors.empty(any.anyTensor(), outputs, any.examples(), size));
    }
    gradients.perExampleInto(rows.narrow(0, first, gradients.each().size()), 1);
  }

  private Tensor rows() {
    return java.util.Objects.requireNonNull(rows, "no gradients have been set");
  }

  private Tensor flat() {
    return rows().flatten(0, 1);
  }

  @Override
  public Tensor gram(LayerJacobian other) {
    RowJacobian that = (RowJacobian) other;
    return flat()
        .matmul(that.flat().t())
        .view(outputs, rows().size(1), that.outputs, that.rows().size(1));
  }

  /** In strips, each with the rows up to its own: little more than half of the products. */
  @Override
  public Tensor gram() {
    Tensor all = flat();
    long m = all.size(0);
    Tensor result = Tensors.empty(all, m, m);
    SymmetricStrips.of(m, 1)
        .forEach(
            (start, count) -> {
              Tensor block =
                  all.narrow(0, start, count).matmul(all.narrow(0, 0, start + count).t());
              result.narrow(0, start, count).narrow(1, 0, start + count).copy_(block);
              result.narrow(0, 0, start + count).narrow(1, start, count).copy_(block.t());
            });
    return result.view(outputs, rows().size(1), outputs, rows().size(1));
  }

  @Override
  public void close() {
    if (rows != null) {
      rows.close();
      rows = null;
    }
  }
}
