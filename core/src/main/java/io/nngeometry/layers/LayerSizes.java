package io.nngeometry.layers;

import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * How many numbers one example is on its way through a layer, from which follow the memory and the
 * work of whatever is made of them.
 *
 * @param layer the layer
 * @param outer whether its gradients are sums of outer products
 * @param patchless whether its input's second moment is found without the input's factor, for a
 *     minibatch of some size
 * @param positions S, summed over its uses
 * @param inputs numbers that its uses see
 * @param outputs numbers that they give
 */
public record LayerSizes(
    Layer layer, boolean outer, boolean patchless, long positions, long inputs, long outputs) {

  /** Examples in a minibatch, where sizes are taken of fewer. */
  private static final long MINIBATCH = 64;

  /** Numbers of the input's factor: S for each feature. */
  public double factor() {
    return outer ? (double) positions * matrix().groups() * matrix().width() : inputs;
  }

  /** Numbers of the output gradient's factor. */
  public double signal() {
    return outer ? (double) positions * matrix().groups() * matrix().rows() : outputs;
  }

  /**
   * Numbers that remain of one example when it has been read: its gradients of so many cotangents,
   * or what they are made of.
   */
  public double held(int cotangents) {
    return !outer
        ? 0
        : gradientsAreSmaller(layer, cotangents, inputs, outputs)
            ? (double) cotangents * layer.size()
            : inputs + (double) cotangents * outputs;
  }

  /** A lookup has as many rows as its table. */
  static boolean gradientsAreSmaller(Layer layer, int cotangents, long inputs, long outputs) {
    return layer.inputs() == InputSide.COLUMNS
        && cotangents * layer.size() < inputs + cotangents * outputs;
  }

  /** Multiplications and additions of one product of the input with the weight. */
  public double flops() {
    return outer ? 2 * factor() * matrix().rows() : 2.0 * outputs;
  }

  /** The layer's matrices, if its gradients are outer products. */
  public MatrixLayout matrix() {
    return layer.matrix().orElseThrow();
  }

  /** As if it were a minibatch: how moments are found depends on its size. A view. */
  private static Tensor several(Tensor input) {
    long[] shape = Tensors.shape(input);
    shape[0] = MINIBATCH;
    return input.narrow(0, 0, 1).expand(shape);
  }

  static LayerSizes of(LayerInputs seen) {
    boolean outer = seen.outer();
    long inputs = 0;
    long outputs = 0;
    boolean patchless = outer;
    for (LayerUse use : seen.uses()) {
      long n = use.examples();
      inputs += use.input().numel() / n;
      outputs += use.output().numel() / n;
      if (outer) {
        LinearMapRule rule = use.layer().rule().asLinearMap().orElseThrow();
        patchless &= rule.inputMoment(several(use.input()), false).isPresent();
      }
    }
    long positions = outer ? seen.positions() : 0;
    return new LayerSizes(seen.layer(), outer, patchless, positions, inputs, outputs);
  }
}
