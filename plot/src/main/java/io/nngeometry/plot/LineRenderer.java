package io.nngeometry.plot;

import java.awt.BasicStroke;
import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.util.List;
import org.jfree.chart.LegendItem;
import org.jfree.chart.LegendItemCollection;
import org.jfree.chart.axis.ValueAxis;
import org.jfree.chart.entity.EntityCollection;
import org.jfree.chart.plot.CrosshairState;
import org.jfree.chart.plot.PlotRenderingInfo;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.DeviationRenderer;
import org.jfree.chart.renderer.xy.XYItemRendererState;
import org.jfree.data.xy.XYDataset;

/** Lines with bands; markers on some points only where there are many; hollow ones on the floor. */
@SuppressWarnings("serial")
final class LineRenderer extends DeviationRenderer {
  private static final int MOST_MARKERS = 16;

  private final transient Axis y;
  private final transient Palette palette;
  private final transient List<Series> series;
  private final boolean[] banded;

  LineRenderer(Axis y, Palette palette, List<Series> series) {
    super(true, true);
    this.y = y;
    this.palette = palette;
    this.series = series;
    this.banded = new boolean[series.size()];
    setAlpha(0.16f);
    for (int i = 0; i < series.size(); i++) {
      banded[i] = series.get(i).hasBand();
      Style style = palette.style(series.get(i).name());
      setSeriesPaint(i, style.color());
      setSeriesStroke(i, style.stroke());
      setSeriesFillPaint(i, style.color());
    }
  }

  @Override
  public boolean getItemShapeVisible(int row, int item) {
    List<Series.Point> points = series.get(row).points();
    // Staggered by series, or markers of close lines would hide each other.
    int every = (points.size() + MOST_MARKERS - 1) / MOST_MARKERS;
    // Where a line reaches the floor is always marked, or its turn there would look like data.
    boolean reachesFloor = clamped(row, item) && (item == 0 || !clamped(row, item - 1));
    return item % every == row % every || reachesFloor;
  }

  @Override
  public void drawItem(
      Graphics2D graphics,
      XYItemRendererState state,
      Rectangle2D area,
      PlotRenderingInfo info,
      XYPlot plot,
      ValueAxis domainAxis,
      ValueAxis rangeAxis,
      XYDataset dataset,
      int row,
      int item,
      CrosshairState crosshair,
      int pass) {
    if (pass == 0 && !banded[row]) {
      return;
    }
    super.drawItem(
        graphics,
        state,
        area,
        info,
        plot,
        domainAxis,
        rangeAxis,
        dataset,
        row,
        item,
        crosshair,
        pass);
  }

  @Override
  protected void drawSecondaryPass(
      Graphics2D graphics,
      XYPlot plot,
      XYDataset dataset,
      int pass,
      int row,
      int item,
      ValueAxis domainAxis,
      Rectangle2D area,
      ValueAxis rangeAxis,
      CrosshairState crosshair,
      EntityCollection entities) {
    if (!getItemShapeVisible(row, item)) {
      return;
    }
    Style style = palette.style(series.get(row).name());
    double atX =
        domainAxis.valueToJava2D(dataset.getXValue(row, item), area, plot.getDomainAxisEdge());
    double atY =
        rangeAxis.valueToJava2D(dataset.getYValue(row, item), area, plot.getRangeAxisEdge());
    style.drawMarker(graphics, atX, atY, 1, clamped(row, item));
  }

  /** One entry per series, with enough line to show its dash. */
  LegendItemCollection legend() {
    LegendItemCollection items = new LegendItemCollection();
    Shape line = new Line2D.Double(-17, 0, 17, 0);
    for (Series one : series) {
      Style style = palette.style(one.name());
      items.add(
          Theme.withInk(
              new LegendItem(
                  one.name(),
                  null,
                  null,
                  null,
                  true,
                  style.marker(),
                  true,
                  style.color(),
                  false,
                  style.color(),
                  new BasicStroke(1),
                  true,
                  line,
                  style.stroke(),
                  style.color())));
    }
    return items;
  }

  private boolean clamped(int row, int item) {
    return y.clamps(series.get(row).points().get(item).y());
  }
}
