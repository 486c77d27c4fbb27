package io.nngeometry.benchmarks;

import java.util.OptionalDouble;
import java.util.function.LongUnaryOperator;

/**
 * Passes over the network that an operation cannot do without, of all examples and with no more
 * arithmetic than a third of one forward and backward (FB) each: for a layer s = W a with signal g,
 * forward W a, backward to inputs W^T g, backward to weights g a^T, and the forward pass of a
 * tangent, W da or V a.
 *
 * <p>What is made of what the passes bring comes on top and is not counted: moments, the products
 * that make gradients of single examples, eigenvectors, writing the result.
 */
enum LowerBound {
  /** None is stated. */
  UNKNOWN(outputs -> 0) {
    @Override
    OptionalDouble inUnits(long outputs) {
      return OptionalDouble.empty();
    }
  },

  /** Outputs alone. */
  FORWARD(outputs -> 1),

  /** The unit: forward, backward to inputs, backward to weights. */
  FORWARD_BACKWARD(outputs -> 3),

  /**
   * J v, and therefore v^T F v = (J v)^T H (J v): a forward and one of the tangent, whatever the
   * number of outputs. A difference of two forwards comes as close as it likes; exact forward mode
   * makes two products a layer for the tangent, W da and V a, and cannot be below one FB.
   */
  PUSH_FORWARD(outputs -> 2),

  /**
   * J^T H J v, and J J^T v: a forward and one of the tangent, then a forward and both backwards,
   * whatever the number of outputs. (Exact forward mode that shares the forward with the backward
   * comes to the same five: W a, W da, V a, W^T g, g a^T.)
   */
  PRODUCT(outputs -> 5),

  /**
   * The same product where each example has one known signal g: forward and backward to inputs, g^T
   * V a summed over layers for each example, and with those as weights one backward to weights.
   */
  SAMPLED_PRODUCT(outputs -> 4),

  /** One signal for each example, drawn or chosen: a forward and one backward to inputs. */
  ONE_SIGNAL(outputs -> 2),

  /**
   * Everything that an exact Fisher matrix of c classes is made of: a forward, and a backward to
   * inputs for each of c - 1 signals, because softmax's Hessian has rank c - 1. It is c/3, which is
   * also c backwards to inputs of a third each, whose activations are there already.
   */
  CATEGORICAL(outputs -> outputs),

  /** A Jacobian, and the kernel of all outputs: a forward and a backward to inputs for each. */
  EVERY_OUTPUT(outputs -> 1 + outputs);

  private static final double PASSES_IN_A_UNIT = 3;

  private final LongUnaryOperator passes;

  LowerBound(LongUnaryOperator passes) {
    this.passes = passes;
  }

  /** In FB, for a number of outputs; empty where none is stated. */
  OptionalDouble inUnits(long outputs) {
    return OptionalDouble.of(passes.applyAsLong(outputs) / PASSES_IN_A_UNIT);
  }
}
