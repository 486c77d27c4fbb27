package io.nngeometry.linalg;

/** An operator that must be positive (semi-)definite and is not. */
public class IndefiniteOperatorException extends ArithmeticException {
  private static final long serialVersionUID = 1L;

  /** Says who needs it positive. */
  public IndefiniteOperatorException(String who) {
    super(
        "%s a positive operator, and this one is not, or not by more than rounding".formatted(who));
  }
}
