package io.nngeometry.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.Stroke;
import java.awt.geom.AffineTransform;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;

/** How one name looks in every figure. */
record Style(Color color, Shape marker, Stroke stroke) {
  static {
    Headless.ensure();
  }

  static final float LINE_WIDTH = 1.75f;

  // Okabe and Ito without yellow, which does not show on white.
  private static final Color[] COLORS = {
    new Color(0x0072B2),
    new Color(0xD55E00),
    new Color(0x009E73),
    new Color(0xCC79A7),
    new Color(0xE69F00),
    new Color(0x56B4E9),
    new Color(0x000000),
  };

  private static final float[][] DASHES = {
    {}, {7, 3}, {2, 2.5f}, {8, 3, 2, 3}, {12, 4}, {4, 2}, {8, 2.5f, 2, 2.5f, 2, 2.5f},
  };

  // One more marker than colours, so that the pair repeats only after 56 names.
  private static final Shape[] MARKERS = {
    new Ellipse2D.Double(-3.2, -3.2, 6.4, 6.4),
    new Rectangle2D.Double(-2.9, -2.9, 5.8, 5.8),
    polygon(3, 4.2, -Math.PI / 2),
    polygon(4, 4.0, 0),
    polygon(3, 4.2, Math.PI / 2),
    star(),
    polygon(5, 3.8, -Math.PI / 2),
    cross(),
  };

  static Style of(int index) {
    return new Style(
        COLORS[index % COLORS.length],
        MARKERS[index % MARKERS.length],
        stroke(DASHES[index % DASHES.length]));
  }

  /** Draws the marker about a point; hollow says that the value is not where the marker is. */
  void drawMarker(Graphics2D graphics, double x, double y, double scale, boolean hollow) {
    AffineTransform place = AffineTransform.getTranslateInstance(x, y);
    place.scale(scale, scale);
    Shape shape = place.createTransformedShape(marker);
    graphics.setPaint(hollow ? Color.WHITE : color);
    graphics.fill(shape);
    if (hollow) {
      graphics.setPaint(color);
      graphics.setStroke(new BasicStroke(1.25f));
      graphics.draw(shape);
    }
  }

  private static Stroke stroke(float[] dash) {
    return new BasicStroke(
        LINE_WIDTH,
        BasicStroke.CAP_BUTT,
        BasicStroke.JOIN_ROUND,
        1f,
        dash.length == 0 ? null : dash,
        0f);
  }

  private static Shape polygon(int corners, double radius, double start) {
    return spokes(corners, radius, radius, start);
  }

  private static Shape star() {
    return spokes(10, 4.6, 2.0, -Math.PI / 2);
  }

  private static Shape cross() {
    Path2D path = new Path2D.Double();
    double[][] corners = {
      {-1.2, -3.6}, {1.2, -3.6}, {1.2, -1.2}, {3.6, -1.2}, {3.6, 1.2}, {1.2, 1.2},
      {1.2, 3.6}, {-1.2, 3.6}, {-1.2, 1.2}, {-3.6, 1.2}, {-3.6, -1.2}, {-1.2, -1.2},
    };
    path.moveTo(corners[0][0], corners[0][1]);
    for (int i = 1; i < corners.length; i++) {
      path.lineTo(corners[i][0], corners[i][1]);
    }
    path.closePath();
    path.transform(AffineTransform.getRotateInstance(Math.PI / 4));
    return path;
  }

  private static Shape spokes(int corners, double even, double odd, double start) {
    Path2D path = new Path2D.Double();
    for (int i = 0; i < corners; i++) {
      double radius = i % 2 == 0 ? even : odd;
      double angle = start + 2 * Math.PI * i / corners;
      double x = radius * Math.cos(angle);
      double y = radius * Math.sin(angle);
      if (i == 0) {
        path.moveTo(x, y);
      } else {
        path.lineTo(x, y);
      }
    }
    path.closePath();
    return path;
  }
}
