package io.nngeometry.plot;

import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.util.List;

/**
 * Two figures as one: a {@link Grid} of one row.
 *
 * @param left the one on the left
 * @param right the one on the right
 */
public record SideBySide(Figure left, Figure right) implements Figure {
  private Grid row() {
    return new Grid(List.of(List.of(left, right)));
  }

  @Override
  public Size size() {
    return row().size();
  }

  @Override
  public String description() {
    return row().description();
  }

  @Override
  public void draw(Graphics2D graphics, Rectangle2D area) {
    row().draw(graphics, area);
  }
}
