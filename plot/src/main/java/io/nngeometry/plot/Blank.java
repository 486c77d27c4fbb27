package io.nngeometry.plot;

import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;

/**
 * Nothing: what fills a row of a {@link Grid} up, so that its figures stay as wide as those above.
 *
 * @param size the layout size
 */
public record Blank(Size size) implements Figure {
  @Override
  public String description() {
    return "";
  }

  @Override
  public void draw(Graphics2D graphics, Rectangle2D area) {}
}
