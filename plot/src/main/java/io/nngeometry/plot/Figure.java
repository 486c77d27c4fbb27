package io.nngeometry.plot;

import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A picture of numbers. The same data gives the same bytes; no display is needed, and any thread
 * may draw.
 */
public interface Figure {
  /** The size the figure has when nobody asks for another. */
  Size size();

  /** One sentence that says what is shown, for those who cannot see it. */
  String description();

  /**
   * Draws the figure.
   *
   * @param graphics where to draw
   * @param area the rectangle to fill
   */
  void draw(Graphics2D graphics, Rectangle2D area);

  /**
   * Renders to pixels.
   *
   * @param width the layout width, in CSS pixels
   * @param height the layout height, in CSS pixels
   * @param scale device pixels per CSS pixel; the image is {@code width * scale} wide
   */
  default BufferedImage render(int width, int height, double scale) {
    return Rendering.image(this, new Size(width, height), scale);
  }

  /** The figure as one SVG element, with its description as the title. */
  default String svg() {
    return Rendering.svg(this, "figure-");
  }

  /**
   * Writes the figure as PNG, at twice the layout size for sharp print. The file appears complete
   * or not at all; missing directories are made.
   *
   * @throws IOException if the file cannot be written; the message names it
   */
  default void writePng(Path file) throws IOException {
    AtomicFiles.write(file, Rendering.png(render(size().width(), size().height(), 2)));
  }

  /**
   * Writes the figure as SVG. The file appears complete or not at all; missing directories are
   * made.
   *
   * @throws IOException if the file cannot be written; the message names it
   */
  default void writeSvg(Path file) throws IOException {
    AtomicFiles.write(file, (svg() + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
