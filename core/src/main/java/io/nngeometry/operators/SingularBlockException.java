package io.nngeometry.operators;

/** A matrix that cannot be inverted as it was asked. */
public class SingularBlockException extends ArithmeticException {
  private static final long serialVersionUID = 1L;
  private final String what;
  private final double lambda;

  /** Says what is singular and how much damping was used. */
  public SingularBlockException(String what, double lambda) {
    super(
        "%s is singular or not positive with damping %s: use a greater damping"
            .formatted(what, lambda));
    this.what = what;
    this.lambda = lambda;
  }

  /** What could not be inverted. */
  public String what() {
    return what;
  }

  /** The damping that was too small. */
  public double lambda() {
    return lambda;
  }
}
