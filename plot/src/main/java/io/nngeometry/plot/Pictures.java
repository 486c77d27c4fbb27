package io.nngeometry.plot;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;

/** Puts pixels into drawings. */
final class Pictures {
  private Pictures() {}

  /** Stretches an image over an area. */
  static void fit(Graphics2D graphics, BufferedImage image, Rectangle2D area) {
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    AffineTransform fit = AffineTransform.getTranslateInstance(area.getX(), area.getY());
    fit.scale(area.getWidth() / image.getWidth(), area.getHeight() / image.getHeight());
    graphics.drawImage(image, fit, null);
  }
}
