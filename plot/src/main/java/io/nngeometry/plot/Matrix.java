package io.nngeometry.plot;

import java.awt.image.BufferedImage;

/** A checked copy of the numbers of a heat map, small enough to draw. */
final class Matrix {
  /** More cells a side than any print shows. */
  private static final int MOST_CELLS = 1000;

  /** Cells are enlarged to about this many pixels a side, or viewers would blur their edges. */
  private static final int PIXELS = 800;

  private final int rows;
  private final int columns;
  private final double[][] cells;
  private final Extent extent;

  private Matrix(int rows, int columns, double[][] cells, Extent extent) {
    this.rows = rows;
    this.columns = columns;
    this.cells = cells;
    this.extent = extent;
  }

  /** Copies the values; where there are too many to see, the means of blocks. */
  static Matrix of(double[][] values) {
    if (values.length == 0 || values[0].length == 0) {
      throw new IllegalArgumentException("values: at least one row and column expected, got none");
    }
    int columns = values[0].length;
    for (int i = 0; i < values.length; i++) {
      if (values[i].length != columns) {
        throw new IllegalArgumentException(
            "values: rows of " + columns + " expected, got " + values[i].length + " in row " + i);
      }
      Checks.finite("values, row " + i, values[i]);
    }
    int blockHeight = (values.length + MOST_CELLS - 1) / MOST_CELLS;
    int blockWidth = (columns + MOST_CELLS - 1) / MOST_CELLS;
    double[][] cells =
        new double[(values.length + blockHeight - 1) / blockHeight]
            [(columns + blockWidth - 1) / blockWidth];
    double least = Double.POSITIVE_INFINITY;
    double greatest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < cells.length; i++) {
      for (int j = 0; j < cells[i].length; j++) {
        double mean = mean(values, i * blockHeight, j * blockWidth, blockHeight, blockWidth);
        cells[i][j] = mean;
        least = Math.min(least, mean);
        greatest = Math.max(greatest, mean);
      }
    }
    return new Matrix(values.length, columns, cells, Extent.of(least, greatest));
  }

  int rows() {
    return rows;
  }

  int columns() {
    return columns;
  }

  Extent extent() {
    return extent;
  }

  /** The matrix as a picture, its first row at the top. */
  BufferedImage image(ColorMap colors, Extent range) {
    int enlarge = Math.max(1, PIXELS / Math.max(cells.length, cells[0].length));
    BufferedImage image =
        new BufferedImage(
            cells[0].length * enlarge, cells.length * enlarge, BufferedImage.TYPE_INT_RGB);
    double span = range.high() - range.low();
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        double position = (cells[y / enlarge][x / enlarge] - range.low()) / span;
        image.setRGB(x, y, colors.rgb(position));
      }
    }
    return image;
  }

  private static double mean(double[][] values, int top, int left, int height, int width) {
    int bottom = Math.min(values.length, top + height);
    int right = Math.min(values[0].length, left + width);
    double sum = 0;
    for (int i = top; i < bottom; i++) {
      for (int j = left; j < right; j++) {
        sum += values[i][j];
      }
    }
    return sum / ((double) (bottom - top) * (right - left));
  }
}
