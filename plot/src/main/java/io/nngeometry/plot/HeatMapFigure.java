package io.nngeometry.plot;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Line2D;
import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import org.jfree.chart.ChartRenderingInfo;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.axis.ValueAxis;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.ui.RectangleInsets;
import org.jspecify.annotations.Nullable;

/**
 * A matrix as colours, its first row at the top, with square cells (unless it is very long) and a
 * colour bar. A side of more than 1000 cells is drawn as the means of blocks.
 */
public final class HeatMapFigure implements Figure {
  private static final int SIDE = 380;
  private static final double MOST_ASPECT = 5;

  private final String title;
  private final String columnLabel;
  private final String rowLabel;
  private final String valueLabel;
  private final Matrix matrix;
  private final ColorMap colors;
  private final Axis.@Nullable Limits limits;
  private final Groups rows;
  private final Groups columns;
  private final Size size;

  private HeatMapFigure(
      String title,
      String rowLabel,
      String columnLabel,
      String valueLabel,
      Matrix matrix,
      ColorMap colors,
      Axis.@Nullable Limits limits,
      Groups rows,
      Groups columns,
      Size size) {
    this.title = title;
    this.rowLabel = rowLabel;
    this.columnLabel = columnLabel;
    this.valueLabel = valueLabel;
    this.matrix = matrix;
    this.colors = colors;
    this.limits = limits;
    this.rows = rows;
    this.columns = columns;
    this.size = size;
  }

  /**
   * A heat map whose colours span the values.
   *
   * @param title the title, or an empty string for none
   * @param rowLabel what a row is
   * @param columnLabel what a column is
   * @param valueLabel what the colour is
   * @param values the matrix by rows, at least one number
   * @param colors sequential for magnitudes, diverging for signed numbers
   */
  public static HeatMapFigure of(
      String title,
      String rowLabel,
      String columnLabel,
      String valueLabel,
      double[][] values,
      ColorMap colors) {
    Matrix matrix = Matrix.of(values);
    double longest = Math.max(matrix.rows(), matrix.columns());
    int width = (int) Math.max(160, SIDE * matrix.columns() / longest) + 170;
    int height = (int) Math.max(100, SIDE * matrix.rows() / longest) + (title.isEmpty() ? 58 : 82);
    return new HeatMapFigure(
        title,
        rowLabel,
        columnLabel,
        valueLabel,
        matrix,
        colors,
        null,
        Groups.NONE,
        Groups.NONE,
        new Size(width, height));
  }

  private HeatMapFigure with(
      Axis.@Nullable Limits ends, Groups ofRows, Groups ofColumns, Size other) {
    return new HeatMapFigure(
        title, rowLabel, columnLabel, valueLabel, matrix, colors, ends, ofRows, ofColumns, other);
  }

  /** This figure with fixed ends of the colour bar; values beyond take the colours of the ends. */
  public HeatMapFigure between(double low, double high) {
    return with(new Axis.Limits(low, high), rows, columns, size);
  }

  /**
   * This figure with named groups of rows and of columns, parted by lines.
   *
   * @throws IllegalArgumentException if there are groups, and not of as many cells as the matrix
   */
  public HeatMapFigure grouped(Groups ofRows, Groups ofColumns) {
    check("rows", ofRows, matrix.rows());
    check("columns", ofColumns, matrix.columns());
    return with(limits, ofRows, ofColumns, size);
  }

  private static void check(String side, Groups groups, int cells) {
    if (!groups.isEmpty() && groups.cells() != cells) {
      throw new IllegalArgumentException(
          "groups: %d %s expected, got %d".formatted(cells, side, groups.cells()));
    }
  }

  /** This figure laid out for another size. */
  public HeatMapFigure sized(int width, int height) {
    return with(limits, rows, columns, new Size(width, height));
  }

  @Override
  public Size size() {
    return size;
  }

  @Override
  public String description() {
    String heading = title.isEmpty() ? "" : title + ". ";
    return heading
        + "Heat map of "
        + valueLabel
        + " by "
        + rowLabel
        + " and "
        + columnLabel
        + ", "
        + matrix.rows()
        + " by "
        + matrix.columns()
        + ".";
  }

  @Override
  public void draw(Graphics2D graphics, Rectangle2D area) {
    Extent range = range();
    ColorBar bar = new ColorBar(valueLabel, colors, range);
    JFreeChart chart = chart();
    RectangleInsets edges = edges(bar.width(graphics, area));
    Rectangle2D room = dataArea(chart, area, edges);
    Rectangle2D spare = spare(room);
    chart.setPadding(
        new RectangleInsets(
            edges.getTop() + spare.getHeight() / 2,
            edges.getLeft() + spare.getWidth() / 2,
            edges.getBottom() + spare.getHeight() / 2,
            edges.getRight() + spare.getWidth() / 2));
    if (chart.getTitle() != null) {
      // Centred on the cells: the axis on their left belongs to the width as well.
      double axisWidth = room.getX() - area.getX() - edges.getLeft();
      chart.getTitle().setPadding(new RectangleInsets(0, axisWidth, 6, 0));
    }
    Rectangle2D cells = draw(chart, graphics, area);
    Pictures.fit(graphics, matrix.image(colors, range), cells);
    boundaries(graphics, cells);
    graphics.setPaint(Theme.FRAME);
    graphics.setStroke(Theme.HAIRLINE);
    graphics.draw(cells);
    bar.draw(graphics, cells, area);
  }

  private void boundaries(Graphics2D graphics, Rectangle2D cells) {
    // zero is near white in the one map, and no colour of the other is
    graphics.setPaint(colors == ColorMap.DIVERGING ? Theme.INK : Color.WHITE);
    graphics.setStroke(Theme.HAIRLINE);
    for (int before : rows.boundaries()) {
      double y = cells.getY() + cells.getHeight() * before / matrix.rows();
      graphics.draw(new Line2D.Double(cells.getX(), y, cells.getMaxX(), y));
    }
    for (int before : columns.boundaries()) {
      double x = cells.getX() + cells.getWidth() * before / matrix.columns();
      graphics.draw(new Line2D.Double(x, cells.getY(), x, cells.getMaxY()));
    }
  }

  private Extent range() {
    if (limits != null) {
      return Extent.of(limits.low(), limits.high());
    }
    Extent extent = matrix.extent();
    if (colors == ColorMap.DIVERGING) {
      double most = Math.max(Math.abs(extent.low()), Math.abs(extent.high()));
      return most == 0 ? Extent.of(-1, 1) : Extent.of(-most, most);
    }
    if (extent.low() < extent.high()) {
      return extent;
    }
    double half = extent.low() == 0 ? 1 : Math.abs(extent.low()) / 2;
    return Extent.of(extent.low() - half, extent.high() + half);
  }

  private JFreeChart chart() {
    XYPlot plot = Theme.plot(new XYPlot());
    ValueAxis across = Axes.cells(columnLabel, matrix.columns(), columns);
    ValueAxis down = Axes.cells(rowLabel, matrix.rows(), rows);
    down.setInverted(true);
    plot.setDomainAxis(across);
    plot.setRangeAxis(down);
    plot.setDomainGridlinesVisible(false);
    plot.setRangeGridlinesVisible(false);
    return Theme.chart(title, plot);
  }

  /** Where the cells would come to lie with this padding. */
  private static Rectangle2D dataArea(JFreeChart chart, Rectangle2D area, RectangleInsets padding) {
    chart.setPadding(padding);
    Graphics2D scratch = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).createGraphics();
    try {
      return draw(chart, scratch, area);
    } finally {
      scratch.dispose();
    }
  }

  private static Rectangle2D draw(JFreeChart chart, Graphics2D graphics, Rectangle2D area) {
    ChartRenderingInfo info = new ChartRenderingInfo(null);
    chart.draw(graphics, area, (Point2D) null, info);
    return info.getPlotInfo().getDataArea();
  }

  /** How much less room would do for square cells; a band of a matrix takes all there is. */
  private Rectangle2D spare(Rectangle2D room) {
    double aspect = (double) matrix.columns() / matrix.rows();
    if (aspect > MOST_ASPECT || aspect < 1 / MOST_ASPECT) {
      return new Rectangle2D.Double();
    }
    double cell = Math.min(room.getWidth() / matrix.columns(), room.getHeight() / matrix.rows());
    return new Rectangle2D.Double(
        0, 0, room.getWidth() - cell * matrix.columns(), room.getHeight() - cell * matrix.rows());
  }

  private static RectangleInsets edges(double barWidth) {
    RectangleInsets usual = Theme.PADDING;
    return new RectangleInsets(
        usual.getTop(), usual.getLeft(), usual.getBottom(), usual.getRight() + barWidth);
  }
}
