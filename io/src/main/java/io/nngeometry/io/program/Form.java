package io.nngeometry.io.program;

import io.nngeometry.layers.LayerRule;
import io.nngeometry.layers.Parameter;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** An operator with parameters, as a layer: what it computes, and the rule that covers it. */
interface Form {
  /** The layer's kind as reports name it. */
  String kind();

  /** Applies it to x, (n, ...). */
  Tensor compute(Tensor x, @Nullable Tensor weight, @Nullable Tensor bias);

  /** The rule of these parameters. */
  LayerRule rule(@Nullable Parameter weight, @Nullable Parameter bias);

  /** Whether the rule asks for the parameters' elements alone, whatever their shape. */
  default boolean ignoresShape() {
    return false;
  }

  /** How many of the last axes of x cannot be positions; all but the first if negative. */
  int ownAxes();
}
