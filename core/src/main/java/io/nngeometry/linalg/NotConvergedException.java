package io.nngeometry.linalg;

/** An iteration that ended before its tolerance, with what it reached. */
public class NotConvergedException extends ArithmeticException {
  private static final long serialVersionUID = 1L;
  private final double residual;
  private final int products;

  /** Says what was iterated, the relative residual it reached in how many products, the remedy. */
  public NotConvergedException(
      String what, double residual, double tolerance, int products, String remedy) {
    super(
        "%s reached a relative residual of %.2e, not %.0e, in %d products: %s"
            .formatted(what, residual, tolerance, products, remedy));
    this.residual = residual;
    this.products = products;
  }

  /** The relative residual reached. */
  public double residual() {
    return residual;
  }

  /** Operator applications used. */
  public int products() {
    return products;
  }
}
