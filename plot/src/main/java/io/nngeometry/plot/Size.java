package io.nngeometry.plot;

/**
 * The size a figure is laid out for, in CSS pixels (96 to the inch).
 *
 * @param width the width, at least 100
 * @param height the height, at least 100
 */
public record Size(int width, int height) {
  /** Checks the dimensions. */
  public Size {
    // Below this, axes and labels leave no room for data.
    if (width < 100 || height < 100) {
      throw new IllegalArgumentException(
          "size: at least 100 x 100 expected, got " + width + " x " + height);
    }
  }
}
