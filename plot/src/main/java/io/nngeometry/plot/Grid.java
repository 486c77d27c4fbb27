package io.nngeometry.plot;

import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Figures in rows, as one. Every row takes the whole width, which its figures share as their own
 * widths are to each other.
 *
 * @param rows from the top, each from the left, none empty
 */
public record Grid(List<List<Figure>> rows) implements Figure {
  /** Copies the rows. */
  public Grid {
    rows = rows.stream().map(List::copyOf).toList();
    Checks.notEmpty("rows", rows);
    rows.forEach(row -> Checks.notEmpty("figures of a row", row));
  }

  @Override
  public Size size() {
    return new Size(
        rows.stream().mapToInt(Grid::width).max().orElseThrow(),
        rows.stream().mapToInt(Grid::height).sum());
  }

  private static int width(List<Figure> row) {
    return row.stream().mapToInt(figure -> figure.size().width()).sum();
  }

  private static int height(List<Figure> row) {
    return row.stream().mapToInt(figure -> figure.size().height()).max().orElseThrow();
  }

  @Override
  public String description() {
    return rows.stream()
        .flatMap(List::stream)
        .map(Figure::description)
        .collect(Collectors.joining(" "));
  }

  @Override
  public void draw(Graphics2D graphics, Rectangle2D area) {
    double y = area.getY();
    for (List<Figure> row : rows) {
      double height = area.getHeight() * height(row) / size().height();
      double x = area.getX();
      for (Figure figure : row) {
        double width = area.getWidth() * figure.size().width() / width(row);
        figure.draw(graphics, new Rectangle2D.Double(x, y, width, height));
        x += width;
      }
      y += height;
    }
  }
}
