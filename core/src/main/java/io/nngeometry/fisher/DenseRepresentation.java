package io.nngeometry.fisher;

import io.nngeometry.layers.LayerCollection;
import io.nngeometry.operators.LayerwisePMat;
import io.nngeometry.operators.LayerwisePMat.Part;
import io.nngeometry.operators.PMat;
import java.util.List;

/** Everything as one matrix, d x d. */
final class DenseRepresentation extends Representation {
  DenseRepresentation() {
    super("dense");
  }

  @Override
  Work work(Footprint f) {
    double d = f.parameters();
    Need product = new Need(d, 0, 2 * d * d * f.cotangents());
    return Work.recorded(1, new Footprint.Filled(f.everyGradient().and(product), f.backward()));
  }

  @Override
  public long elements(LayerCollection layers, long gradients) {
    return saturatedProduct(layers.size(), layers.size());
  }

  @Override
  void first(Sums sums) {
    sums.dense();
  }

  @Override
  PMat assemble(Sums sums) {
    return new LayerwisePMat(
        sums.layers(), name(), List.of(new Part("all", 0, sums.dense().finish(sums.examples()))));
  }
}
