package io.nngeometry.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.util.List;
import java.util.stream.Collectors;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.LegendItem;
import org.jfree.chart.LegendItemCollection;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.XYLineAndShapeRenderer;

/**
 * Points of several classes.
 *
 * @param title the title, or an empty string for none
 * @param x the horizontal axis
 * @param y the vertical axis
 * @param palette the colours of the classes
 * @param classes the points of each class, see {@link Series#byClass}
 * @param size the layout size
 */
public record ScatterFigure(
    String title, Axis x, Axis y, Palette palette, List<Series> classes, Size size)
    implements Figure {
  /** Checks the classes against the palette and the axes. */
  public ScatterFigure {
    classes = List.copyOf(classes);
    XyData.check(x, palette, classes);
  }

  /** A figure of the usual size. */
  public static ScatterFigure of(
      String title, Axis x, Axis y, Palette palette, List<Series> classes) {
    return new ScatterFigure(title, x, y, palette, classes, new Size(560, 480));
  }

  /** This figure laid out for another size. */
  public ScatterFigure sized(int width, int height) {
    return new ScatterFigure(title, x, y, palette, classes, new Size(width, height));
  }

  @Override
  public String description() {
    String names = classes.stream().map(Series::name).collect(Collectors.joining(", "));
    String heading = title.isEmpty() ? "" : title + ". ";
    return heading
        + "Points of "
        + y.label()
        + " against "
        + x.label()
        + ", by class: "
        + names
        + ".";
  }

  @Override
  public void draw(Graphics2D graphics, Rectangle2D area) {
    XYPlot plot = Theme.plot(new XYPlot());
    plot.setDomainAxis(Axes.of(x, XyData.xExtent(classes)));
    plot.setRangeAxis(Axes.of(y, XyData.yExtent(classes)));
    plot.setDataset(XyData.dataset(y, classes));
    XYLineAndShapeRenderer renderer = new XYLineAndShapeRenderer(false, true);
    LegendItemCollection legend = new LegendItemCollection();
    renderer.setUseFillPaint(true);
    renderer.setUseOutlinePaint(true);
    for (int i = 0; i < classes.size(); i++) {
      Style style = palette.style(classes.get(i).name());
      renderer.setSeriesShape(i, style.marker());
      renderer.setSeriesFillPaint(i, translucent(style.color()));
      renderer.setSeriesOutlinePaint(i, style.color());
      renderer.setSeriesOutlineStroke(i, new BasicStroke(0.75f));
      legend.add(
          Theme.withInk(
              new LegendItem(
                  classes.get(i).name(),
                  null,
                  null,
                  null,
                  true,
                  style.marker(),
                  true,
                  translucent(style.color()),
                  true,
                  style.color(),
                  new BasicStroke(0.75f),
                  false,
                  new Line2D.Double(),
                  new BasicStroke(0.75f),
                  style.color())));
    }
    plot.setRenderer(renderer);
    JFreeChart chart = Theme.chart(title, plot);
    Theme.legend(chart, legend, area.getWidth());
    chart.draw(graphics, area);
  }

  /** Overlapping points show how many they are. */
  private static Color translucent(Color color) {
    return new Color(color.getRed(), color.getGreen(), color.getBlue(), 110);
  }
}
