package io.nngeometry.cli.spectrum;

import io.nngeometry.cli.compare.Results.Network;
import io.nngeometry.linalg.Estimate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The whole result, as {@code spectrum.json} has it.
 *
 * @param format name and version of this form
 * @param command the command line
 * @param seconds time of the whole run
 * @param settings every setting by its option's name
 * @param machine what it ran on
 * @param versions of what it ran with
 * @param model the network
 * @param matrix which matrix
 * @param top the greatest eigenvalues
 * @param trace of the matrix
 * @param logDeterminant of the damped matrix; absent if that is not positive definite
 * @param density of all eigenvalues
 */
public record Spectrum(
    String format,
    String command,
    double seconds,
    Map<String, Object> settings,
    Map<String, Object> machine,
    Map<String, String> versions,
    Network model,
    Matrix matrix,
    Top top,
    Number trace,
    Optional<Number> logDeterminant,
    Density density) {
  /** Version of the form. */
  public static final String FORMAT = "nngeometry-spectrum/1";

  /**
   * The matrix.
   *
   * @param kind fisher or hessian
   * @param representation what is stored of it
   * @param size rows and columns
   * @param examples how many it is a mean over
   */
  public record Matrix(String kind, String representation, long size, long examples) {}

  /**
   * The greatest eigenvalues.
   *
   * @param eigenvalues descending
   * @param residuals |M v - value v| of each: how far off it is at the most
   * @param products matrix-vector products it took
   * @param converged whether they are known to the method's tolerance
   */
  public record Top(
      List<Double> eigenvalues, List<Double> residuals, long products, boolean converged) {}

  /**
   * A number from random vectors.
   *
   * @param value the number
   * @param standardError of it; absent of a single random vector
   * @param products matrix-vector products it took, shared by all that the same vectors give
   */
  public record Number(double value, OptionalDouble standardError, long products) {
    /** An estimate. */
    public static Number of(Estimate e) {
      return new Number(
          e.value(),
          Double.isNaN(e.standardError())
              ? OptionalDouble.empty()
              : OptionalDouble.of(e.standardError()),
          e.products());
    }
  }
}
