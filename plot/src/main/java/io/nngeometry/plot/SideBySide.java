package io.nngeometry.plot;

import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;

/**
 * Two figures as one.
 *
 * @param left the one on the left
 * @param right the one on the right
 */
public record SideBySide(Figure left, Figure right) implements Figure {
  @Override
  public Size size() {
    return new Size(
        left.size().width() + right.size().width(),
        Math.max(left.size().height(), right.size().height()));
  }

  @Override
  public String description() {
    return left.description() + " " + right.description();
  }

  @Override
  public void draw(Graphics2D graphics, Rectangle2D area) {
    double share = (double) left.size().width() / size().width();
    double width = area.getWidth() * share;
    left.draw(graphics, new Rectangle2D.Double(area.getX(), area.getY(), width, area.getHeight()));
    right.draw(
        graphics,
        new Rectangle2D.Double(
            area.getX() + width, area.getY(), area.getWidth() - width, area.getHeight()));
  }
}
