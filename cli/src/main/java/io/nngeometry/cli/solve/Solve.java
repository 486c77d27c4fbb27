package io.nngeometry.cli.solve;

import io.nngeometry.cli.compare.Results.Network;
import java.util.List;
import java.util.Map;

/**
 * The whole result, as {@code solve.json} has it.
 *
 * @param format name and version of this form
 * @param command the command line
 * @param seconds time of the whole run
 * @param settings every setting by its option's name
 * @param machine what it ran on
 * @param versions of what it ran with
 * @param model the network
 * @param parameters d
 * @param examples how many the matrix is a mean over
 * @param norm |v| of the right-hand side
 * @param solves with the preconditioner that was asked for, and without if compared
 */
public record Solve(
    String format,
    String command,
    double seconds,
    Map<String, Object> settings,
    Map<String, Object> machine,
    Map<String, String> versions,
    Network model,
    long parameters,
    long examples,
    double norm,
    List<Run> solves) {
  /** Version of the form. */
  public static final String FORMAT = "nngeometry-solve/1";

  /**
   * One solve.
   *
   * @param preconditioner its name
   * @param iterations of conjugate gradients
   * @param products matrix-vector products, the preconditioner's among them
   * @param preparation products that the preconditioner took
   * @param relativeResidual |v - (M + lambda I) x| / |v|, computed from x
   * @param converged whether that is within the tolerance
   * @param norm |x|
   * @param secondsPerIteration time of one iteration, by those of the last session
   * @param residuals relative residual after every iteration
   */
  public record Run(
      String preconditioner,
      long iterations,
      long products,
      long preparation,
      double relativeResidual,
      boolean converged,
      double norm,
      double secondsPerIteration,
      List<Double> residuals) {}
}
