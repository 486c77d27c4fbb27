package io.nngeometry.layers;

import java.util.List;

/**
 * Pixels u of one axis, first to end, whose products with u + shift are summed.
 *
 * @param whole whether these are all whose partner is inside the image
 */
record PixelRange(long shift, long first, long end, boolean whole) {

  /** The same products, each from its other pixel. */
  private PixelRange mirrored() {
    return new PixelRange(-shift, first + shift, end + shift, whole);
  }

  /** The same of a box, which has a range for every axis. */
  static List<PixelRange> mirrored(List<PixelRange> box) {
    return box.stream().map(PixelRange::mirrored).toList();
  }

  /** Number of pixels. */
  long length() {
    return end - first;
  }
}
