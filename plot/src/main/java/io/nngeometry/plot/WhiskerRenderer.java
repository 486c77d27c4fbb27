package io.nngeometry.plot;

import java.awt.BasicStroke;
import java.awt.Graphics2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import org.jfree.chart.axis.ValueAxis;
import org.jfree.chart.plot.CrosshairState;
import org.jfree.chart.plot.PlotRenderingInfo;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.xy.AbstractXYItemRenderer;
import org.jfree.chart.renderer.xy.XYItemRendererState;
import org.jfree.data.xy.DefaultXYDataset;
import org.jfree.data.xy.XYDataset;

/** Draws the rows of one panel. */
@SuppressWarnings("serial")
final class WhiskerRenderer extends AbstractXYItemRenderer {
  private static final double CAP = 4.5;

  private final transient IntervalFigure figure;
  private final transient IntervalFigure.Panel panel;

  WhiskerRenderer(IntervalFigure figure, IntervalFigure.Panel panel) {
    this.figure = figure;
    this.panel = panel;
  }

  /** One item per category, in one series; its values only say that the row exists. */
  static XYDataset dataset(IntervalFigure figure, IntervalFigure.Panel panel) {
    int rows = figure.categories().size();
    double[][] items = new double[2][rows];
    double somewhere = panel.axis().place(panel.extent().high());
    for (int i = 0; i < rows; i++) {
      items[0][i] = somewhere;
      items[1][i] = i;
    }
    DefaultXYDataset dataset = new DefaultXYDataset();
    dataset.addSeries(panel.axis().label(), items);
    return dataset;
  }

  @Override
  public XYItemRendererState initialise(
      Graphics2D graphics,
      Rectangle2D area,
      XYPlot plot,
      XYDataset dataset,
      PlotRenderingInfo info) {
    XYItemRendererState state = new XYItemRendererState(info);
    // With fixed limits an item may lie outside while its whisker crosses the plot.
    state.setProcessVisibleItemsOnly(false);
    return state;
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
    Axis axis = panel.axis();
    if (item == 0 && panel.reference() != null) {
      double x = toX(axis.place(panel.reference()), domainAxis, area, plot);
      graphics.setPaint(Theme.FRAME);
      graphics.setStroke(
          new BasicStroke(
              1f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 1f, new float[] {5, 3}, 0));
      graphics.draw(new Line2D.Double(x, area.getMinY(), x, area.getMaxY()));
    }
    String category = figure.categories().get(item);
    Interval interval = panel.intervals().get(category);
    if (interval == null) {
      return;
    }
    Style style = figure.palette().style(category);
    double y = rangeAxis.valueToJava2D(item, area, plot.getRangeAxisEdge());
    double low = toX(axis.place(interval.low()), domainAxis, area, plot);
    double middle = toX(axis.place(interval.median()), domainAxis, area, plot);
    double high = toX(axis.place(interval.high()), domainAxis, area, plot);
    graphics.setPaint(style.color());
    graphics.setStroke(new BasicStroke(Style.LINE_WIDTH));
    if (high - low > 0.5) {
      graphics.draw(new Line2D.Double(low, y, high, y));
      graphics.draw(new Line2D.Double(high, y - CAP, high, y + CAP));
      if (!axis.clamps(interval.low())) {
        graphics.draw(new Line2D.Double(low, y - CAP, low, y + CAP));
      } else if (!axis.clamps(interval.median())) {
        graphics.draw(arrowHead(low, y));
      }
    }
    style.drawMarker(graphics, middle, y, 1.25, axis.clamps(interval.median()));
  }

  private static double toX(double value, ValueAxis axis, Rectangle2D area, XYPlot plot) {
    return axis.valueToJava2D(value, area, plot.getDomainAxisEdge());
  }

  /** Where the whisker goes on below the floor. */
  private static Path2D arrowHead(double x, double y) {
    Path2D path = new Path2D.Double();
    path.moveTo(x + CAP, y - CAP);
    path.lineTo(x, y);
    path.lineTo(x + CAP, y + CAP);
    return path;
  }
}
