package io.nngeometry.plot;

import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import org.jfree.chart.axis.AxisSpace;
import org.jfree.chart.axis.ValueAxis;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.ui.RectangleEdge;

/** The key of a heat map, as high as the map. */
final class ColorBar {
  private static final double WIDTH = 14;
  private static final double GAP = 12;
  private static final int STRIPES = 256;

  private final ColorMap colors;
  private final ValueAxis axis;

  ColorBar(String label, ColorMap colors, Extent range) {
    this.colors = colors;
    this.axis = Axes.tight(label, range);
    // An axis reserves no space unless it belongs to a plot.
    axis.setPlot(new XYPlot());
  }

  /** The width the bar needs beside a plot in this area. */
  double width(Graphics2D graphics, Rectangle2D area) {
    AxisSpace space =
        axis.reserveSpace(graphics, axis.getPlot(), area, RectangleEdge.RIGHT, new AxisSpace());
    return GAP + WIDTH + space.getRight();
  }

  /** Draws the bar to the right of the cells. */
  void draw(Graphics2D graphics, Rectangle2D cells, Rectangle2D area) {
    Rectangle2D bar =
        new Rectangle2D.Double(cells.getMaxX() + GAP, cells.getY(), WIDTH, cells.getHeight());
    Pictures.fit(graphics, stripes(), bar);
    graphics.setPaint(Theme.FRAME);
    graphics.setStroke(Theme.HAIRLINE);
    graphics.draw(bar);
    axis.draw(graphics, bar.getMaxX(), area, bar, RectangleEdge.RIGHT, null);
  }

  private BufferedImage stripes() {
    // A few pixels wide: viewers blend the edge pixels of a stretched image with what is around.
    BufferedImage image = new BufferedImage(16, 2 * STRIPES, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < image.getHeight(); y++) {
      int color = colors.rgb((STRIPES - 1 - y / 2) / (STRIPES - 1.0));
      for (int x = 0; x < image.getWidth(); x++) {
        image.setRGB(x, y, color);
      }
    }
    return image;
  }
}
