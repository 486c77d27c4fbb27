package io.nngeometry.cli.ntk;

import java.util.List;
import java.util.Map;

/**
 * How the tangent kernel of two classes changed during a training, as {@code evolution.json} has
 * it.
 *
 * @param format name and version of this form
 * @param command the command line
 * @param seconds time of the whole run
 * @param settings every setting by its option's name
 * @param machine what it ran on
 * @param versions of what it ran with
 * @param classes names of the two
 * @param examples held-out examples of either, the kernel's
 * @param checkpoints the network's states, the earliest first
 */
public record Evolution(
    String format,
    String command,
    double seconds,
    Map<String, Object> settings,
    Map<String, Object> machine,
    Map<String, String> versions,
    List<String> classes,
    List<Integer> examples,
    List<Checkpoint> checkpoints) {
  /** Version of the form. */
  public static final String FORMAT = "nngeometry-ntk-evolution/1";

  /**
   * The kernel K of f_c2 - f_c1 at one state; y is -1 for class c1 and 1 for c2.
   *
   * @param title what a figure calls it
   * @param file of its weights
   * @param step minibatches that came before
   * @param epoch the same in epochs
   * @param testAccuracy share of all held-out images classified rightly
   * @param pairAccuracy share of the two classes' examples on the right side of f_c1 = f_c2
   * @param alignment of K with y y^T: &lt;K, y y^T&gt; / (|K| n)
   * @param centredAlignment the same, both centred
   * @param distanceFromInitial 1 - cos(K, K of the first state), as {@link
   *     io.nngeometry.kernel.Alignment#distance}
   * @param distanceFromPrevious 1 - cos(K, K of the state before)
   * @param effectiveRank of K
   * @param meanSquaredNorm of the gradients, tr K / n
   * @param explained by two components, as shares of the variance
   */
  public record Checkpoint(
      String title,
      String file,
      long step,
      double epoch,
      double testAccuracy,
      double pairAccuracy,
      double alignment,
      double centredAlignment,
      double distanceFromInitial,
      double distanceFromPrevious,
      double effectiveRank,
      double meanSquaredNorm,
      List<Double> explained) {}

  /** Copies. */
  public Evolution {
    classes = List.copyOf(classes);
    examples = List.copyOf(examples);
    checkpoints = List.copyOf(checkpoints);
  }
}
