package io.nngeometry.cli.compare;

/** What is compared between an approximation F' and the true F (section 3.1 of the paper). */
public enum Quantity {
  /** |tr F' - tr F| / tr F. */
  TRACE("trace"),

  /** |v'F'v - v'Fv| / v'Fv. */
  QUADRATIC_FORM("quadratic_form"),

  /** The cosine of F'v and Fv. */
  PRODUCT("product"),

  /** The cosine of v and what {@link Residual} leaves of it. */
  SOLVE("solve");

  private final String key;

  Quantity(String key) {
    this.key = key;
  }

  /** Its name in files. */
  public String key() {
    return key;
  }
}
