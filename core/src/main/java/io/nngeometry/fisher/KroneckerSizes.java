package io.nngeometry.fisher;

import io.nngeometry.engine.Total;
import io.nngeometry.layers.InputSide;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerSizes;
import io.nngeometry.layers.MatrixLayout;

/**
 * What a layer's Kronecker factors take, and second moments in their eigenvectors. Factors that are
 * moments of few vectors are stored as these.
 */
final class KroneckerSizes {
  private KroneckerSizes() {}

  /** Numbers of whole factors of a linear map. */
  static long whole(Layer layer, boolean diagonalRows) {
    MatrixLayout m = layer.matrix().orElseThrow();
    long left = diagonalRows ? m.rows() : Math.multiplyExact(m.rows(), m.rows());
    return m.groups() * (left + m.width() * m.width());
  }

  /** Numbers at the least, of {@code whole}: every root has a column. */
  static long least(Layer layer, long whole) {
    return hasRoots(layer)
        ? layer.matrix().map(m -> m.groups() * (m.rows() + m.width())).orElseThrow()
        : whole;
  }

  /** A lookup's inputs are counted, and a table that is used on both sides has no roots. */
  private static boolean hasRoots(Layer layer) {
    return layer.inputs() == InputSide.COLUMNS;
  }

  /**
   * Numbers of the factors of some gradients, of {@code whole}.
   *
   * @param vectors on either side for each example
   */
  static long elements(LayerSizes layer, long whole, long vectors, GradientCount count) {
    if (!hasRoots(layer.layer())) {
      return whole;
    }
    MatrixLayout m = layer.matrix();
    long left = m.rows() * ofSignals(layer, vectors, count);
    return m.groups() * (left + m.width() * ofInputs(layer, vectors, count));
  }

  /** Numbers of second moments in the factors' eigenvectors. */
  static long coefficients(LayerSizes layer, GradientCount count) {
    if (!hasRoots(layer.layer())) {
      return layer.layer().size();
    }
    long vectors = layer.positions();
    return layer.matrix().groups()
        * ofSignals(layer, vectors, count)
        * ofInputs(layer, vectors, count);
  }

  private static long ofInputs(LayerSizes layer, long vectors, GradientCount count) {
    return columns(vectors * count.examples(), layer.matrix().width());
  }

  private static long ofSignals(LayerSizes layer, long vectors, GradientCount count) {
    long rows = layer.matrix().rows();
    return count.centred() ? rows : columns(vectors * count.examples() * count.cotangents(), rows);
  }

  private static long columns(long vectors, long side) {
    return Total.isNarrow(vectors, side) ? vectors : side;
  }

  /** What filling the factors needs for one example, whose gradients are outer products. */
  static Need need(LayerSizes layer, int cotangents) {
    double a = layer.factor() * layer.matrix().width() * (layer.patchless() ? 1 : 2);
    double g = layer.signal() * layer.matrix().rows() * 2;
    // a factor that was made is held for the minibatch, an image only for its moment
    double kept = layer.patchless() ? 0 : layer.factor();
    double passing = (layer.patchless() ? 1.3 * layer.inputs() : layer.factor()) + layer.signal();
    return new Need(kept, passing, a + cotangents * g);
  }

  /**
   * What second moments in other bases need: where it is cheaper factors are turned, products else.
   */
  static Need turned(LayerSizes layer, int cotangents) {
    int together = Filling.together(cotangents);
    boolean inFactor = layer.positions() <= layer.matrix().rows() * together;
    boolean signals = layer.positions() <= layer.matrix().width();
    double rotated = (inFactor ? layer.factor() : 0) + (signals ? together * layer.signal() : 0);
    double turning =
        2.0
            * layer.matrix().width()
            * (inFactor ? layer.factor() : (double) cotangents * layer.layer().size());
    return Need.products(layer, cotangents, 1).and(new Need(0, rotated, turning));
  }
}
