package io.nngeometry.fisher;

import io.nngeometry.layers.LayerCollection;
import io.nngeometry.operators.LowRankPMat;
import io.nngeometry.operators.PMat;

/** The gradients themselves, as rows. */
final class LowRankRepresentation extends Representation {
  LowRankRepresentation() {
    super("low-rank");
  }

  @Override
  Work work(Footprint f) {
    return Work.recorded(1, f.gradients());
  }

  @Override
  int copies() {
    return 1; // its rows are written where they stay
  }

  @Override
  public long elements(LayerCollection layers, long gradients) {
    return saturatedProduct(layers.size(), gradients);
  }

  @Override
  void first(Sums sums) {
    sums.rows();
  }

  @Override
  PMat assemble(Sums sums) {
    return new LowRankPMat(sums.layers(), sums.root());
  }
}
