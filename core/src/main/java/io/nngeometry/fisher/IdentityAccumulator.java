package io.nngeometry.fisher;

import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerGradients;
import io.nngeometry.operators.Block;
import io.nngeometry.operators.IdentityBlock;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.global.torch;

/** Nothing: the identity does not depend on the examples. */
record IdentityAccumulator(Layer layer, Types types) implements BlockAccumulator {
  @Override
  public Optional<Layer> only() {
    return Optional.of(layer);
  }

  @Override
  public void gradients(Map<String, LayerGradients> gradients, long examples, int cotangent) {
    // the identity does not depend on them
  }

  @Override
  public void merge(BlockAccumulator other) {
    // nor on these
  }

  @Override
  public Block finish(long examples) {
    return Block.keeping(
        () -> new IdentityBlock(torch.ones(new long[] {1}, types.terms()), layer.size()));
  }

  @Override
  public void close() {
    // nothing is held
  }
}
