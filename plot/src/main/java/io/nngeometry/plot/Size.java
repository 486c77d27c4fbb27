package io.nngeometry.plot;

/**
 * The size a figure is laid out for, in CSS pixels (96 to the inch).
 *
 * @param width the width, at least 100
 * @param height the height, at least 40
 */
public record Size(int width, int height) {
  /** Checks the dimensions. */
  public Size {
    // Below this, axes and labels leave no room for data.
    if (width < 100 || height < 40) {
      throw new IllegalArgumentException(
          "size: at least 100 x 40 expected, got " + width + " x " + height);
    }
  }
}
