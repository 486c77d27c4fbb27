package io.nngeometry.nn;

import io.nngeometry.engine.Affine;
import io.nngeometry.layers.LayerRule;
import io.nngeometry.layers.LinearRule;
import io.nngeometry.layers.Parameter;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** y = x W^T + b on the last axis of inputs of any rank from 2: (n, ..., in) to (n, ..., out). */
public final class Linear extends LayerModule {
  private final Parameter weight;
  private final @Nullable Parameter bias;

  /** A layer with a bias. */
  public Linear(long in, long out) {
    this(in, out, true);
  }

  /** A layer with or without a bias. */
  public Linear(long in, long out, boolean bias) {
    this(Init.zeros(out, in), bias);
    reset(0);
  }

  private Linear(Parameter weight, boolean bias) {
    this.weight = register("weight", weight);
    this.bias = bias ? register("bias", Init.zeros(weight.shape()[0])) : null;
  }

  /** A layer whose weight (out, in) is another layer's: one parameter, used twice. */
  public static Linear tied(Parameter weight, boolean bias) {
    return new Linear(weight, bias);
  }

  @Override
  protected Tensor compute(Tensor x) {
    return Affine.forward(x, weight.value(), bias == null ? null : bias.value());
  }

  @Override
  protected LayerRule makeRule() {
    return new LinearRule(weight, bias);
  }

  @Override
  protected void reset(long seed) {
    double bound = 1 / Math.sqrt(weight.shape()[1]);
    Init.uniform(weight, bound, seed);
    if (bias != null) {
      Init.uniform(bias, bound, seed + 1);
    }
  }

  /** (out, in). */
  public Parameter weight() {
    return weight;
  }

  /** (out), or null. */
  public @Nullable Parameter bias() {
    return bias;
  }
}
