package io.nngeometry.fisher;

import org.bytedeco.pytorch.Tensor;

/** How wrong the outputs of each example are: any function that is differentiable in them. */
@FunctionalInterface
public interface ExampleLoss {
  /**
   * The losses of a minibatch, not reduced over examples.
   *
   * @param outputs the model's, (n, ...), which ask for gradients
   * @param targets the data's labels, (n, ...)
   * @return (n): the loss of each example, which depends on no other example
   */
  Tensor of(Tensor outputs, Tensor targets);
}
