package io.nngeometry.fisher;

import io.nngeometry.layers.LayerCollection;
import io.nngeometry.linalg.LowRankMethod;
import io.nngeometry.operators.LowRankPMat;
import io.nngeometry.operators.PMat;

/** A low-rank matrix of products with vectors, without its rows. */
final class TruncatedRepresentation extends Representation {
  /** Vectors, images and two temporaries. */
  private static final int COPIES = 4;

  private final long rank;
  private final LowRankMethod method;

  TruncatedRepresentation(long rank, LowRankMethod method) {
    super("low-rank");
    if (rank < 1) {
      throw new IllegalArgumentException("a rank must be positive, got " + rank);
    }
    this.rank = rank;
    this.method = method;
  }

  @Override
  Work work(Footprint f) {
    return Work.products(5, f.products(method.width(rank, f.parameters())));
  }

  @Override
  int copies() {
    return 1;
  }

  @Override
  public long elements(LayerCollection layers, long gradients) {
    long d = layers.size();
    return saturatedProduct(d, COPIES * method.width(Math.min(rank, d), d));
  }

  @Override
  PMat assemble(Sums sums) {
    long most = Math.min(rank, sums.layers().size());
    return LowRankPMat.approximating(sums.implicitTold(), method, most).matrix();
  }
}
