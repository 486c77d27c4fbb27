package io.nngeometry.plot;

import java.awt.BasicStroke;
import java.awt.Graphics2D;
import java.awt.font.FontRenderContext;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.util.List;

/**
 * What the lines of several figures mean, once for all: a row of names with their lines and
 * markers, to be a row of a {@link Grid}.
 *
 * @param palette the colours of the names
 * @param names what is listed, from left to right
 * @param width the layout width
 */
public record Legend(Palette palette, List<String> names, int width) implements Figure {
  private static final double LINE = 34;
  private static final double GAP = 6;
  private static final double BETWEEN = 26;
  private static final int HEIGHT = 44;

  /** Checks the names against the palette. */
  public Legend {
    names = List.copyOf(names);
    Checks.notEmpty("names", names);
    names.forEach(palette::style);
  }

  @Override
  public Size size() {
    return new Size(width, HEIGHT);
  }

  @Override
  public String description() {
    return "Legend: " + String.join(", ", names) + ".";
  }

  @Override
  public void draw(Graphics2D graphics, Rectangle2D area) {
    FontRenderContext context = new FontRenderContext(null, true, true);
    double[] widths =
        names.stream()
            .mapToDouble(name -> Theme.LABEL.getStringBounds(name, context).getWidth())
            .toArray();
    double all = BETWEEN * (names.size() - 1);
    for (double width : widths) {
      all += LINE + GAP + width;
    }
    double x = area.getCenterX() - all / 2;
    double y = area.getY() + area.getHeight() / 2;
    for (int k = 0; k < widths.length; k++) {
      Style style = palette.style(names.get(k));
      graphics.setPaint(style.color());
      graphics.setStroke(style.stroke());
      graphics.draw(new Line2D.Double(x, y, x + LINE, y));
      graphics.setStroke(new BasicStroke(1));
      style.drawMarker(graphics, x + LINE / 2, y, 1, false);
      graphics.setPaint(Theme.INK);
      graphics.setFont(Theme.LABEL);
      graphics.drawString(names.get(k), (float) (x + LINE + GAP), (float) (y + 4));
      x += LINE + GAP + widths[k] + BETWEEN;
    }
  }
}
