package io.nngeometry.cli.training;

import java.util.List;

/**
 * When a network is looked at during its training, and which of its states are kept.
 *
 * @param evaluateEvery steps between evaluations, beside those at the end of each epoch, until all
 *     thresholds are passed; 0 for none
 * @param evaluateOn images of each part that evaluations use, at the most; the last one uses all
 *     held-out images
 * @param thresholds accuracies whose first excess on held-out images is kept, ascending
 * @param keepEvery epochs between states kept for their time; 0 for none
 */
public record Milestones(
    int evaluateEvery, int evaluateOn, List<Double> thresholds, int keepEvery) {
  /** After each epoch, on at most 2,000 images. */
  public static final Milestones DEFAULT = new Milestones(0, 2_000, List.of(), 0);

  /** Sorts the thresholds. */
  public Milestones {
    thresholds = thresholds.stream().sorted().distinct().toList();
  }

  /** Whether there is an evaluation after so many steps, wherever the epoch stands. */
  boolean isDue(long step) {
    return evaluateEvery > 0 && step % evaluateEvery == 0;
  }
}
