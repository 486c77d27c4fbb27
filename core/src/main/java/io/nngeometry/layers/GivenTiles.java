package io.nngeometry.layers;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Unrecorded;
import org.bytedeco.pytorch.Tensor;

/** Gradients that are there, in flat order. */
final class GivenTiles extends GradientTiles {
  private final MatrixLayout layout;
  private final Tensor flat;

  /**
   * @param flat (K, n, p)
   */
  GivenTiles(MatrixLayout layout, Tensor flat) {
    this.layout = layout;
    this.flat = flat;
  }

  @Override
  boolean passing() {
    return false;
  }

  @Override
  void forEach(Consumer consumer) {
    long n = flat.size(1);
    long tile = atATime(TILE_BYTES, flat.size(0) * layout.size(), flat);
    try (Unrecorded all = Unrecorded.begin()) {
      for (long start = 0; start < n; start += tile) {
        try (Scope scope = Scope.open()) {
          Tensor some = flat.narrow(1, start, Math.min(tile, n - start)).transpose(0, 1);
          consumer.accept(0, start, layout.toMatrix(some).transpose(1, 2));
        }
      }
    }
  }
}
