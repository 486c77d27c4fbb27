package io.nngeometry.plot;

import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import org.jfree.chart.axis.SymbolAxis;
import org.jfree.chart.axis.ValueAxis;
import org.jfree.chart.plot.CombinedRangeXYPlot;
import org.jfree.chart.plot.XYPlot;
import org.jspecify.annotations.Nullable;

/**
 * Dots with whiskers: panels side by side, one row per category, shared by all panels.
 *
 * @param title the title, or an empty string for none
 * @param categories the rows, from top to bottom
 * @param panels the panels, from left to right
 * @param palette the colours of the categories
 * @param size the layout size
 */
public record IntervalFigure(
    String title, List<String> categories, List<Panel> panels, Palette palette, Size size)
    implements Figure {
  private static final int ROW_HEIGHT = 34;
  private static final int MOST_ROWS_HIGH = 40;

  /**
   * One panel.
   *
   * @param axis what is measured; usually logarithmic
   * @param intervals the intervals by category; a category without one has an empty row
   * @param reference where to draw a reference line, or null for none
   */
  public record Panel(Axis axis, Map<String, Interval> intervals, @Nullable Double reference) {
    /** Copies the intervals. */
    public Panel {
      intervals = Map.copyOf(intervals);
      Checks.notEmpty("intervals of \"" + axis.label() + "\"", intervals.keySet());
      if (reference != null && !Double.isFinite(reference)) {
        throw new IllegalArgumentException("reference: a finite number expected, got " + reference);
      }
    }

    /** A panel without a reference line. */
    public static Panel of(Axis axis, Map<String, Interval> intervals) {
      return new Panel(axis, intervals, null);
    }

    /** This panel with a reference line. */
    public Panel withReference(double value) {
      return new Panel(axis, intervals, value);
    }

    Extent extent() {
      DoubleStream ends =
          intervals.values().stream().flatMapToDouble(i -> DoubleStream.of(i.low(), i.high()));
      return Extent.of(
          reference == null ? ends : DoubleStream.concat(ends, DoubleStream.of(reference)));
    }
  }

  /** Checks that panels, categories and palette fit together. */
  public IntervalFigure {
    categories = List.copyOf(categories);
    panels = List.copyOf(panels);
    Checks.notEmpty("categories", categories);
    Checks.distinct("categories", categories);
    Checks.notEmpty("panels", panels);
    categories.forEach(palette::style);
    for (Panel panel : panels) {
      for (String name : panel.intervals().keySet()) {
        if (!categories.contains(name)) {
          throw new IllegalArgumentException(
              "intervals of \""
                  + panel.axis().label()
                  + "\": \""
                  + name
                  + "\" is none of the categories "
                  + categories);
        }
      }
    }
  }

  /** A figure as large as its rows and panels need. */
  public static IntervalFigure of(
      String title, List<String> categories, List<Panel> panels, Palette palette) {
    int rows = Math.min(MOST_ROWS_HIGH, Math.max(2, categories.size()));
    Size size =
        new Size(Math.min(1400, 140 + 250 * Math.max(1, panels.size())), 100 + ROW_HEIGHT * rows);
    return new IntervalFigure(title, categories, panels, palette, size);
  }

  /** This figure laid out for another size. */
  public IntervalFigure sized(int width, int height) {
    return new IntervalFigure(title, categories, panels, palette, new Size(width, height));
  }

  @Override
  public String description() {
    String heading = title.isEmpty() ? "" : title + ". ";
    String measures = panels.stream().map(p -> p.axis().label()).collect(Collectors.joining(", "));
    return heading
        + "Median and range of "
        + measures
        + ", for "
        + String.join(", ", categories)
        + ".";
  }

  @Override
  public void draw(Graphics2D graphics, Rectangle2D area) {
    SymbolAxis rows = Theme.axis(new SymbolAxis(null, categories.toArray(String[]::new)));
    rows.setGridBandsVisible(false);
    rows.setMinorTickMarksVisible(false);
    rows.setInverted(true);
    rows.setRange(-0.5, categories.size() - 0.5);
    CombinedRangeXYPlot combined = new CombinedRangeXYPlot(rows);
    combined.setGap(34);
    Theme.plot(combined);
    for (Panel panel : panels) {
      combined.add(draw(panel));
    }
    // Adding a subplot fits the shared axis to the data.
    rows.setRange(-0.5, categories.size() - 0.5);
    Theme.chart(title, combined).draw(graphics, area);
  }

  private XYPlot draw(Panel panel) {
    XYPlot plot = Theme.plot(new XYPlot());
    ValueAxis axis = Axes.of(panel.axis(), panel.extent());
    plot.setDomainAxis(axis);
    plot.setRenderer(new WhiskerRenderer(this, panel));
    plot.setDataset(WhiskerRenderer.dataset(this, panel));
    return plot;
  }
}
