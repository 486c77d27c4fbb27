package io.nngeometry.cli.training;

import java.util.List;

/**
 * What happened during training.
 *
 * @param epochs the states after each epoch; the first is that before training
 * @param seconds how long it took
 */
public record TrainingHistory(List<Epoch> epochs, double seconds) {
  /** Copies. */
  public TrainingHistory {
    epochs = List.copyOf(epochs);
  }

  /** The state at the end. */
  public Epoch last() {
    return epochs.get(epochs.size() - 1);
  }

  /**
   * The network after an epoch.
   *
   * @param epoch how many epochs there have been
   * @param trainLoss mean cross-entropy of the training images
   * @param testLoss mean cross-entropy of the held-out images
   * @param trainAccuracy share of the training images classified rightly
   * @param testAccuracy share of the held-out images classified rightly
   */
  public record Epoch(
      int epoch, double trainLoss, double testLoss, double trainAccuracy, double testAccuracy) {}
}
