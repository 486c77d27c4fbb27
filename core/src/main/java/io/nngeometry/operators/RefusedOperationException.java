package io.nngeometry.operators;

/** An operation that a representation cannot answer, with the name of one that does. */
public class RefusedOperationException extends UnsupportedOperationException {
  private static final long serialVersionUID = 1L;

  /** Says what was asked of what, why not, and what answers it. */
  public RefusedOperationException(
      String operation, String representation, String reason, String instead) {
    super("%s of a %s matrix: %s; %s".formatted(operation, representation, reason, instead));
  }

  /** A power that is not a whole number of a matrix with negative eigenvalues. */
  static RefusedOperationException powerOfNegative(double exponent, String representation) {
    return new RefusedOperationException(
        "the power " + exponent,
        representation,
        "it has negative eigenvalues, as a negative multiple has",
        "whole powers answer, and any power of a dense or kfac matrix that is semi-definite");
  }
}
