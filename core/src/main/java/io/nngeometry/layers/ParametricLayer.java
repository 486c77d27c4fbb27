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

  /**
   * Full name of a parameter of this layer when it is called {@code id}, such as {@code fc.weight}.
   *
   * @param index its place among {@link #parameters()}
   */
  default String fullName(String id, int index) {
    return id + "." + parameterNames().get(index);
  }

  /** How its parameters' per-example gradients follow from its inputs and output gradients. */
  LayerRule rule();
}
