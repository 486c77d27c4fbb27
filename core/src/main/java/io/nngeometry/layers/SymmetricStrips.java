package io.nngeometry.layers;

import io.nngeometry.engine.Scope;

/**
 * The rows of a symmetric product in strips, each to be multiplied with the rows up to its own:
 * little more than half of the products.
 *
 * @param rows in all
 * @param strip rows at a time
 */
record SymmetricStrips(long rows, long strip) {
  /** Rows of a product at a time, at least: fewer make products too small to be fast. */
  private static final long LEAST = 32;

  private static final long STRIPS = 8;

  /**
   * @param rows in all
   * @param each rows of the product for each of them
   */
  static SymmetricStrips of(long rows, long each) {
    return new SymmetricStrips(
        rows, Math.max((LEAST + each - 1) / each, (rows + STRIPS - 1) / STRIPS));
  }

  /** Takes a strip. */
  interface Consumer {
    /**
     * @param start its first row
     * @param count its rows
     */
    void accept(long start, long count);
  }

  /** All strips, each in a scope of its own. */
  void forEach(Consumer consumer) {
    for (long start = 0; start < rows; start += strip) {
      try (Scope scope = Scope.open()) {
        consumer.accept(start, Math.min(strip, rows - start));
      }
    }
  }
}
