package io.nngeometry.plot;

import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.util.List;
import java.util.stream.Collectors;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.plot.DatasetRenderingOrder;
import org.jfree.chart.plot.XYPlot;

/**
 * Lines over a common abscissa, each with an optional band.
 *
 * @param title the title, or an empty string for none
 * @param x the horizontal axis
 * @param y the vertical axis
 * @param palette the colours of the series
 * @param series what to draw; later ones lie on top
 * @param size the layout size
 * @param hasLegend whether the names of the series stand below
 */
public record LineFigure(
    String title,
    Axis x,
    Axis y,
    Palette palette,
    List<Series> series,
    Size size,
    boolean hasLegend)
    implements Figure {
  /** Checks the series against the palette and the axes. */
  public LineFigure {
    series = List.copyOf(series);
    XyData.check(x, palette, series);
  }

  /** A figure of the usual size. */
  public static LineFigure of(String title, Axis x, Axis y, Palette palette, List<Series> series) {
    return new LineFigure(title, x, y, palette, series, new Size(640, 420), true);
  }

  /** This figure laid out for another size. */
  public LineFigure sized(int width, int height) {
    return new LineFigure(title, x, y, palette, series, new Size(width, height), hasLegend);
  }

  /** This figure without its legend, as where a {@link Legend} stands for several. */
  public LineFigure withoutLegend() {
    return new LineFigure(title, x, y, palette, series, size, false);
  }

  @Override
  public String description() {
    String names = series.stream().map(Series::name).collect(Collectors.joining(", "));
    String bands = series.stream().anyMatch(Series::hasBand) ? ", with bands" : "";
    String heading = title.isEmpty() ? "" : title + ". ";
    return heading + "Lines of " + y.label() + " against " + x.label() + bands + ": " + names + ".";
  }

  @Override
  public void draw(Graphics2D graphics, Rectangle2D area) {
    XYPlot plot = Theme.plot(new XYPlot());
    plot.setDomainAxis(Axes.of(x, XyData.xExtent(series)));
    plot.setRangeAxis(Axes.of(y, XyData.yExtent(series)));
    plot.setDatasetRenderingOrder(DatasetRenderingOrder.FORWARD);
    LineRenderer renderer = new LineRenderer(y, palette, series);
    plot.setDataset(XyData.dataset(y, series));
    plot.setRenderer(renderer);
    JFreeChart chart = Theme.chart(title, plot);
    if (hasLegend) {
      Theme.legend(chart, renderer.legend(), area.getWidth());
    }
    chart.draw(graphics, area);
  }
}
