package io.nngeometry.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.RenderingHints;
import java.awt.Stroke;
import java.awt.font.FontRenderContext;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.LegendItem;
import org.jfree.chart.LegendItemCollection;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.axis.ValueAxis;
import org.jfree.chart.block.Arrangement;
import org.jfree.chart.block.BlockBorder;
import org.jfree.chart.block.ColumnArrangement;
import org.jfree.chart.block.FlowArrangement;
import org.jfree.chart.block.GridArrangement;
import org.jfree.chart.plot.Plot;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.text.TextUtils;
import org.jfree.chart.title.LegendTitle;
import org.jfree.chart.ui.HorizontalAlignment;
import org.jfree.chart.ui.RectangleEdge;
import org.jfree.chart.ui.RectangleInsets;

/** The look all figures share: black on white, thin grid, no ornament. */
final class Theme {
  static {
    Headless.ensure();
  }

  static final Color INK = new Color(0x1A1A1A);
  static final Color GRID = new Color(0xE3E3E3);
  static final Color FRAME = new Color(0x4D4D4D);
  static final Stroke HAIRLINE = new BasicStroke(0.75f);
  static final Font LABEL = new Font(Font.SANS_SERIF, Font.PLAIN, 13);
  static final Font TICK = new Font(Font.SANS_SERIF, Font.PLAIN, 12);
  private static final Font TITLE = new Font(Font.SANS_SERIF, Font.BOLD, 14);

  static final RectangleInsets PADDING = new RectangleInsets(8, 8, 8, 20);

  static {
    // The work-around, for fonts of old Java versions, draws rotated labels as outlines, which
    // nobody can search or copy.
    TextUtils.setUseDrawRotatedStringWorkaround(false);
  }

  private Theme() {}

  /** A chart with a title, unless that is empty, and no legend. */
  static JFreeChart chart(String title, Plot plot) {
    JFreeChart chart = new JFreeChart(title.isEmpty() ? null : title, TITLE, plot, false);
    chart.setBackgroundPaint(Color.WHITE);
    chart.setPadding(PADDING);
    if (chart.getTitle() != null) {
      chart.getTitle().setPaint(INK);
      chart.getTitle().setPadding(new RectangleInsets(0, 0, 6, 0));
    }
    RenderingHints hints = chart.getRenderingHints();
    hints.put(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    hints.put(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    hints.put(RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
    return chart;
  }

  /** Puts a legend under the plot: in one line if it fits, else in columns. */
  static void legend(JFreeChart chart, LegendItemCollection items, double width) {
    Arrangement rows = new FlowArrangement();
    int most = columns(items, width - PADDING.getLeft() - PADDING.getRight());
    if (items.getItemCount() > most) {
      int lines = (items.getItemCount() + most - 1) / most;
      rows = new GridArrangement(lines, (items.getItemCount() + lines - 1) / lines);
    }
    LegendTitle legend = new LegendTitle(() -> items, rows, new ColumnArrangement());
    legend.setPosition(RectangleEdge.BOTTOM);
    legend.setHorizontalAlignment(HorizontalAlignment.CENTER);
    legend.setItemFont(TICK);
    legend.setItemPaint(INK);
    legend.setFrame(BlockBorder.NONE);
    legend.setBackgroundPaint(Color.WHITE);
    legend.setPadding(new RectangleInsets(6, 0, 0, 0));
    legend.setItemLabelPadding(new RectangleInsets(2, 3, 2, 12));
    chart.addLegend(legend);
  }

  /** How many items of the width of the widest fit beside each other. */
  private static int columns(LegendItemCollection items, double room) {
    FontRenderContext context = new FontRenderContext(null, true, true);
    double widest = 0;
    double all = 0;
    for (int i = 0; i < items.getItemCount(); i++) {
      LegendItem item = items.get(i);
      double key = item.isLineVisible() ? item.getLine().getBounds2D().getWidth() : 10;
      double width = TICK.getStringBounds(item.getLabel(), context).getWidth() + key + 20;
      widest = Math.max(widest, width);
      all += width;
    }
    return all <= room ? items.getItemCount() : Math.max(1, (int) (room / widest));
  }

  static LegendItem withInk(LegendItem item) {
    item.setLabelFont(TICK);
    item.setLabelPaint(INK);
    return item;
  }

  static XYPlot plot(XYPlot plot) {
    plot.setBackgroundPaint(Color.WHITE);
    plot.setOutlinePaint(FRAME);
    plot.setOutlineStroke(HAIRLINE);
    plot.setAxisOffset(RectangleInsets.ZERO_INSETS);
    plot.setInsets(RectangleInsets.ZERO_INSETS);
    plot.setDomainGridlinePaint(GRID);
    plot.setRangeGridlinePaint(GRID);
    plot.setDomainGridlineStroke(HAIRLINE);
    plot.setRangeGridlineStroke(HAIRLINE);
    plot.setDomainMinorGridlinesVisible(false);
    plot.setRangeMinorGridlinesVisible(false);
    plot.setDomainZeroBaselineVisible(false);
    return plot;
  }

  static <A extends ValueAxis> A axis(A axis) {
    axis.setLabelFont(LABEL);
    axis.setTickLabelFont(TICK);
    axis.setLabelPaint(INK);
    axis.setTickLabelPaint(INK);
    axis.setAxisLineVisible(false);
    axis.setTickMarkPaint(FRAME);
    axis.setTickMarkStroke(HAIRLINE);
    axis.setTickMarkOutsideLength(4);
    axis.setMinorTickMarksVisible(true);
    axis.setMinorTickMarkOutsideLength(2);
    axis.setTickLabelInsets(new RectangleInsets(3, 4, 3, 4));
    if (axis instanceof NumberAxis number) {
      number.setMinorTickCount(1);
    }
    return axis;
  }
}
