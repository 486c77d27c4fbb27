package io.nngeometry.engine;

/** What stands outside an image's border. */
public enum PaddingMode {
  /** Zeros. */
  ZEROS("constant"),
  /** The image mirrored at its border pixel. */
  REFLECT("reflect"),
  /** The border pixel repeated. */
  REPLICATE("replicate"),
  /** The opposite side. */
  CIRCULAR("circular");

  private final String engineName;

  PaddingMode(String engineName) {
    this.engineName = engineName;
  }

  String engineName() {
    return engineName;
  }
}
