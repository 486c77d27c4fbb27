package io.nngeometry.operators;

/** An operation that a representation cannot answer, with the name of one that does. */
public class RefusedOperationException extends UnsupportedOperationException {
  private static final long serialVersionUID = 1L;

  /** Says what was asked of what, why not, and what answers it. */
  public RefusedOperationException(
      String operation, String representation, String reason, String instead) {
    super("%s of a %s matrix: %s; %s".formatted(operation, representation, reason, instead));
  }
}
