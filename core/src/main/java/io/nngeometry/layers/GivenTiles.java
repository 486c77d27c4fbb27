package io.nngeometry.layers;

import io.nngeometry.engine.Scope;
import org.bytedeco.pytorch.Tensor;

/** Gradients of one cotangent that are there, in flat order. */
final class GivenTiles extends GradientTiles {
  private final MatrixLayout layout;
  private final Tensor flat;

  /**
   * @param flat (n, p)
   */
  GivenTiles(MatrixLayout layout, Tensor flat) {
    this.layout = layout;
    this.flat = flat;
  }

  @Override
  void forEach(Consumer consumer) {
    long n = flat.size(0);
    long tile = atATime(TILE_BYTES, layout.size(), flat);
    for (long start = 0; start < n; start += tile) {
      try (Scope scope = Scope.open()) {
        Tensor some = layout.toMatrix(flat.narrow(0, start, Math.min(tile, n - start)));
        consumer.accept(0, start, some.unsqueeze(2).clone());
      }
    }
  }
}
