package io.nngeometry.fisher;

import io.nngeometry.layers.Layer;
import io.nngeometry.layers.StackedGradients;

/**
 * What takes one layer's gradients of several cotangents at once: products of their elements are
 * formed faster so.
 */
interface LayerSum {
  /** The layer. */
  Layer layer();

  /**
   * Adds the layer's gradients in a minibatch.
   *
   * @param first number of the first cotangent among them
   */
  void gradients(StackedGradients gradients, int first);

  /** So many cotangents from {@code first} on have no gradient here: the layer was not used. */
  default void nothing(int first, int cotangents) {
    // nothing to add
  }
}
