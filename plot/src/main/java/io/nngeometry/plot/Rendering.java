package io.nngeometry.plot;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.function.DoubleFunction;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.jfree.svg.SVGGraphics2D;
import org.jfree.svg.ViewBox;

/** Figures to pixels and to SVG text. */
final class Rendering {
  /** The largest side of an image; beyond it a typing error is likelier than a poster. */
  private static final double LARGEST_SIDE = 20_000;

  /** Fonts of about the same widths first; no quotes, which would end the attribute. */
  private static final String FONTS = "DejaVu Sans, Verdana, Segoe UI, Helvetica, sans-serif";

  static {
    Headless.ensure();
  }

  private Rendering() {}

  static BufferedImage image(Figure figure, Size size, double scale) {
    double longest = Math.max(size.width(), size.height()) * scale;
    if (!(scale > 0) || longest > LARGEST_SIDE) {
      throw new IllegalArgumentException(
          "scale: a positive number giving at most 20000 pixels a side expected, got " + scale);
    }
    int width = Math.toIntExact(Math.round(size.width() * scale));
    int height = Math.toIntExact(Math.round(size.height() * scale));
    BufferedImage image =
        new BufferedImage(Math.max(1, width), Math.max(1, height), BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    try {
      graphics.setColor(Color.WHITE);
      graphics.fillRect(0, 0, width, height);
      graphics.scale(scale, scale);
      paint(figure, graphics, size);
    } finally {
      graphics.dispose();
    }
    return image;
  }

  static byte[] png(BufferedImage image) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    // ImageIO would buffer an OutputStream in a temporary file.
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      ImageIO.write(image, "png", out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /**
   * The figure as an SVG element.
   *
   * @param idPrefix starts every id, so that figures on one page do not clip each other
   */
  static String svg(Figure figure, String idPrefix) {
    Size size = figure.size();
    SVGGraphics2D graphics = new SVGGraphics2D(size.width(), size.height());
    // The library's own prefix is the clock's reading.
    graphics.setDefsKeyPrefix(idPrefix);
    graphics.setGeomDoubleConverter(decimals(2));
    graphics.setTransformDoubleConverter(decimals(5));
    graphics.setFontFunction(family -> FONTS);
    paint(figure, graphics, size);
    String element =
        graphics.getSVGElement(
            idPrefix + "svg", true, new ViewBox(0, 0, size.width(), size.height()), null, null);
    int firstTag = element.indexOf("<svg");
    int opened = element.indexOf('>', firstTag);
    return element.substring(firstTag, opened)
        + " role=\"img\"><title>"
        + Html.escape(figure.description())
        + "</title>"
        + element.substring(opened + 1);
  }

  private static void paint(Figure figure, Graphics2D graphics, Size size) {
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(
        RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
    graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    figure.draw(graphics, new Rectangle2D.Double(0, 0, size.width(), size.height()));
  }

  private static DoubleFunction<String> decimals(int digits) {
    return value -> {
      BigDecimal rounded = BigDecimal.valueOf(value).setScale(digits, RoundingMode.HALF_EVEN);
      return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
    };
  }
}
