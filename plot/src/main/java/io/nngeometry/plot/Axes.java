package io.nngeometry.plot;

import java.text.FieldPosition;
import java.text.NumberFormat;
import java.text.ParsePosition;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.axis.NumberTickUnit;
import org.jfree.chart.axis.ValueAxis;

/** Turns an axis's description and the data's extent into something that can be drawn. */
final class Axes {
  private static final double MARGIN = 0.04;

  private Axes() {}

  /** An axis for these extents. */
  static ValueAxis of(Axis axis, Extent extent) {
    return axis.isLog() ? log(axis, extent) : linear(axis, extent);
  }

  /** A linear axis that ends exactly where the extent does. */
  static ValueAxis tight(String label, Extent extent) {
    return drawn(label, extent.low(), extent.high(), Ticks.step(extent.low(), extent.high()));
  }

  /**
   * An axis along the cells 0 to {@code count - 1}, whose ticks are at their centres or, where
   * there are groups, at the middles of those.
   */
  static ValueAxis cells(String label, int count, Groups groups) {
    if (!groups.isEmpty()) {
      return Theme.axis(new GroupAxis(label, groups));
    }
    return drawn(label, -0.5, count - 0.5, Math.max(1, Ticks.step(0, count)));
  }

  private static ValueAxis log(Axis axis, Extent extent) {
    Axis.Limits limits = axis.limits();
    double low = axis.place(extent.low());
    double high = axis.place(extent.high());
    boolean clamped = axis.clamps(extent.low());
    // A tenth of a decade at least, or a constant series would have no axis.
    double decades = Math.max(0.1, MARGIN * (Math.log10(high) - Math.log10(low)));
    double margin = Math.pow(10, decades);
    double from = limits == null ? Math.max(low / margin, Double.MIN_NORMAL) : limits.low();
    double to = limits == null ? Math.min(high * margin, Double.MAX_VALUE) : limits.high();
    boolean floorShown = clamped && from <= axis.floor() && axis.floor() <= to;
    ValueAxis drawn =
        new DecadeAxis(axis.label(), from, to, floorShown ? axis.floor() : Double.NaN);
    return Theme.axis(drawn);
  }

  private static ValueAxis linear(Axis axis, Extent extent) {
    Axis.Limits limits = axis.limits();
    double span = extent.high() - extent.low();
    double margin =
        span > 0 ? MARGIN * span : Math.max(Math.abs(extent.low()) * 0.1, Double.MIN_NORMAL);
    if (span == 0 && extent.low() == 0) {
      margin = 1;
    }
    double from = limits == null ? extent.low() - margin : limits.low();
    double to = limits == null ? extent.high() + margin : limits.high();
    return drawn(axis.label(), from, to, Ticks.step(from, to));
  }

  private static ValueAxis drawn(String label, double from, double to, double step) {
    NumberAxis drawn = new NumberAxis(label);
    drawn.setRange(from, to);
    drawn.setTickUnit(new NumberTickUnit(step, new TickFormat(step)));
    return Theme.axis(drawn);
  }

  /** The library wants a NumberFormat; the JDK's depend on the locale. */
  @SuppressWarnings("serial")
  private static final class TickFormat extends NumberFormat {
    private final double step;

    TickFormat(double step) {
      this.step = step;
    }

    @Override
    public StringBuffer format(double value, StringBuffer out, FieldPosition position) {
      return out.append(Ticks.linear(value, step));
    }

    @Override
    public StringBuffer format(long value, StringBuffer out, FieldPosition position) {
      return format((double) value, out, position);
    }

    @Override
    public Number parse(String text, ParsePosition position) {
      throw new UnsupportedOperationException("tick labels are only written");
    }
  }
}
