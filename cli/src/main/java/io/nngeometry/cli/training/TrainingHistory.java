package io.nngeometry.cli.training;

import java.util.List;

/**
 * What happened during training.
 *
 * @param epochs the epochs in order
 * @param seconds how long it took
 */
public record TrainingHistory(List<Epoch> epochs, double seconds) {
  /** Copies. */
  public TrainingHistory {
    epochs = List.copyOf(epochs);
  }

  /**
   * One epoch.
   *
   * @param epoch its number, from one
   * @param loss mean cross-entropy of the training images, each when it was seen
   * @param trainAccuracy share of the training images classified rightly when they were seen
   * @param testAccuracy share of the held-out images classified rightly after it
   */
  public record Epoch(int epoch, double loss, double trainAccuracy, double testAccuracy) {}
}
