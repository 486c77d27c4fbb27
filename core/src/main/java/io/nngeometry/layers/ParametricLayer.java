package io.nngeometry.layers;

import java.util.List;

/** A part of a model that owns parameters and knows the rule for their per-example gradients. */
public interface ParametricLayer {
  /** The layer's kind as reports name it: {@code Linear}, {@code Conv2d}, {@code LayerNorm}, … */
  String kind();

  /** Its parameters in flat order, weight before bias. */
  List<Parameter> parameters();

  /** The parameters' own names, in the same order: {@code weight}, {@code bias}. */
  default List<String> parameterNames() {
    return List.of("weight", "bias").subList(0, parameters().size());
  }

  /** How its parameters' per-example gradients follow from its inputs and output gradients. */
  LayerRule rule();
}
