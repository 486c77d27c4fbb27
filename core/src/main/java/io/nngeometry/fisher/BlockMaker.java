package io.nngeometry.fisher;

import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerSizes;
import java.util.Optional;

/**
 * How the block of a layer is made of examples. Equal ones make the same of the same examples: it
 * is made once for all who ask.
 */
interface BlockMaker {
  /** The layer. */
  Layer layer();

  /** Numbers that the block stores, of however many examples. */
  long elements();

  /** The same for a number of examples, which may be few. */
  default long elements(LayerSizes sizes, GradientCount count) {
    return elements();
  }

  /** Numbers that are stored at the least. */
  default long least() {
    return elements();
  }

  /** How often the examples are read for it. */
  default int readings() {
    return 1;
  }

  /** Whether several cotangents of the layer are taken at once. */
  default boolean stacks() {
    return false;
  }

  /** What filling the block's sums needs for one example. */
  Need need(LayerSizes sizes, int cotangents);

  /** Who makes what the first reading fills: equal for blocks that begin alike. */
  default BlockMaker first() {
    return this;
  }

  /** An empty sum. */
  BlockAccumulator accumulator(Types types);

  /** What a second reading of the examples accumulates, given the finished first. */
  default Optional<BlockAccumulator> second(BlockAccumulator first, long examples, Types types) {
    return Optional.empty();
  }
}
