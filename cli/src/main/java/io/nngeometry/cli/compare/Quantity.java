package io.nngeometry.cli.compare;

/** What is compared between an approximation F' and the true F (section 3.1 of the paper). */
public enum Quantity {
  /** |tr F' - tr F| / tr F. */
  TRACE("trace", "relative error of the trace"),

  /** |v'F'v - v'Fv| / v'Fv. */
  QUADRATIC_FORM("quadratic_form", "relative error of vᵀFv"),

  /** The cosine of F'v and Fv. */
  PRODUCT("product", "cosine of F′v and Fv"),

  /** The cosine of v and what is left of it after (F' + lambda)^-1 (F + lambda). */
  SOLVE("solve", "cosine of v and (F′+λ)⁻¹(F+λ)v");

  private final String key;
  private final String title;

  Quantity(String key, String title) {
    this.key = key;
    this.title = title;
  }

  /** Its name in files. */
  public String key() {
    return key;
  }

  /** Its name for readers. */
  public String title() {
    return title;
  }
}
