package io.nngeometry.fisher;

import io.nngeometry.layers.LayerCollection;
import io.nngeometry.operators.PMat;

/** Products with vectors, for each of which the examples are read. */
final class ImplicitRepresentation extends Representation {
  ImplicitRepresentation() {
    super("implicit");
  }

  @Override
  Work work(Footprint f) {
    return Work.products(5, f.products(1));
  }

  @Override
  public long elements(LayerCollection layers, long gradients) {
    return 0;
  }

  @Override
  PMat assemble(Sums sums) {
    return sums.implicit();
  }
}
