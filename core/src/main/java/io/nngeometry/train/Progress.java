package io.nngeometry.train;

import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/**
 * Where a training stands after a minibatch.
 *
 * @param epoch from 0
 * @param epochs in all
 * @param batch of this epoch, from 0
 * @param batches of an epoch
 * @param step of the training, from 0
 * @param loss of this minibatch before its step
 * @param learningRate of this step
 * @param examplesSeen since the training began
 * @param examplesInAll until it ends
 * @param snapshot gives the training's state
 */
public record Progress(
    int epoch,
    int epochs,
    long batch,
    long batches,
    long step,
    double loss,
    double learningRate,
    long examplesSeen,
    long examplesInAll,
    Supplier<Map<String, Tensor>> snapshot) {

  /**
   * All that {@link Trainer#resuming} needs to go on from here, to be saved now: views of what the
   * next step will change.
   */
  public Map<String, Tensor> state() {
    return snapshot.get();
  }
}
