package io.nngeometry.cli.ntk;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code nngeometry ntk} found, as its JSON has it.
 *
 * @param format name and version of this form
 * @param command the command line
 * @param seconds time of the whole run
 * @param settings every setting by its option's name
 * @param machine what it ran on
 * @param versions of what it ran with
 * @param kernel which kernel
 * @param spectrum of the kernel over examples; absent if that is not square, or too large
 * @param labels how the kernel fits the labels; absent where there are none
 * @param components explained by kernel PCA, as shares of the variance; absent unless asked for
 * @param files what was written
 */
public record Ntk(
    String format,
    String command,
    double seconds,
    Map<String, Object> settings,
    Map<String, Object> machine,
    Map<String, String> versions,
    Kernel kernel,
    Optional<Spectrum> spectrum,
    Optional<Labels> labels,
    Optional<List<Double>> components,
    List<String> files) {
  /** Version of the form. */
  public static final String FORMAT = "nngeometry-ntk/1";

  /**
   * The kernel.
   *
   * @param shape (c, n, c, n')
   * @param dtype of its elements
   * @param storage where it was computed: memory or disk
   * @param trace absent between two sets
   * @param frobeniusNorm of all elements
   */
  public record Kernel(
      List<Long> shape,
      String dtype,
      String storage,
      Optional<Double> trace,
      double frobeniusNorm) {}

  /**
   * The eigenvalues of the kernel over examples, the sum over outputs of their own kernels.
   *
   * @param eigenvalues descending
   * @param effectiveRank e to the entropy of the eigenvalues (Roy and Vetterli 2007)
   * @param stableRank their sum over the greatest
   */
  public record Spectrum(List<Double> eigenvalues, double effectiveRank, double stableRank) {}

  /**
   * The kernel over examples against the classes.
   *
   * @param alignment with the kernel of equal labels; absent between two sets
   * @param centredAlignment the same, both centred
   * @param ridge kernel ridge regression on the labels
   */
  public record Labels(
      Optional<Double> alignment, Optional<Double> centredAlignment, Optional<Ridge> ridge) {}

  /**
   * Kernel ridge regression on one-hot labels.
   *
   * @param lambda the damping, which the kernel's mean eigenvalue times --ridge is
   * @param on what the accuracy is of: each example by a regression on all others (leave-one-out),
   *     or the rows by one on the columns
   * @param accuracy share of the examples classified rightly
   */
  public record Ridge(double lambda, String on, double accuracy) {}
}
