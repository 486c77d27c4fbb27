package io.nngeometry.train;

import java.util.List;

/**
 * What happened during a training.
 *
 * @param losses of every minibatch, in order
 * @param epochLosses mean over the examples of each epoch
 */
public record History(List<Double> losses, List<Double> epochLosses) {
  /** Copies the lists. */
  public History {
    losses = List.copyOf(losses);
    epochLosses = List.copyOf(epochLosses);
  }

  /** Mean loss over the last epoch. */
  public double lastLoss() {
    if (epochLosses.isEmpty()) {
      throw new IllegalStateException("the training had no epoch");
    }
    return epochLosses.get(epochLosses.size() - 1);
  }
}
