package io.nngeometry.fisher;

/**
 * What making a matrix is to the examples.
 *
 * @param recorded whether they are read with a record of what every layer sees; forward mode else
 * @param readings how often
 * @param vectors numbers of parameter vectors that are held meanwhile
 * @param need what one example needs beside that
 * @param signals what it needs for what backward brings, which matrices made in one pass share
 */
record Work(boolean recorded, int readings, int vectors, Need need, Need signals) {
  /** Made of a recorded pass. */
  static Work recorded(int readings, Footprint.Filled filled) {
    return new Work(readings > 0, readings, 0, filled.sums(), filled.signals());
  }

  /** Made of products with vectors, which know what signals they need. */
  static Work products(int vectors, Need need) {
    return new Work(false, 1, vectors, need, Need.NOTHING);
  }
}
