package io.nngeometry.io.program;

/** A call whose effect on the axis of the examples is not known. */
final class LostException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  LostException() {
    super(null, null, false, false);
  }
}
