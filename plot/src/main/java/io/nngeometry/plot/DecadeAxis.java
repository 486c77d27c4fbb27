package io.nngeometry.plot;

import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import org.jfree.chart.axis.AxisState;
import org.jfree.chart.axis.LogAxis;
import org.jfree.chart.axis.NumberTick;
import org.jfree.chart.axis.TickType;
import org.jfree.chart.ui.RectangleEdge;
import org.jfree.chart.ui.TextAnchor;

/**
 * A logarithmic axis whose ticks are powers of ten, and where few of those are in range also their
 * multiples.
 */
@SuppressWarnings("serial")
final class DecadeAxis extends LogAxis {
  private static final int MOST_LABELS = 8;

  private final double floorTick;

  /**
   * An axis between two positive ends.
   *
   * @param floorTick the value whose tick stands for everything at or below it, or NaN
   */
  DecadeAxis(String label, double low, double high, double floorTick) {
    super(label);
    this.floorTick = floorTick;
    setSmallestValue(Double.MIN_NORMAL);
    setRange(low, high);
  }

  @Override
  public List<NumberTick> refreshTicks(
      Graphics2D graphics, AxisState state, Rectangle2D area, RectangleEdge edge) {
    double low = getRange().getLowerBound();
    double high = getRange().getUpperBound();
    double length = RectangleEdge.isTopOrBottom(edge) ? area.getWidth() : area.getHeight();
    double room = RectangleEdge.isTopOrBottom(edge) ? 42 : 26;
    int most = Math.max(2, Math.min(MOST_LABELS, (int) (length / room)));
    List<NumberTick> ticks = new ArrayList<>();
    if (!Double.isNaN(floorTick)) {
      ticks.add(tick(TickType.MAJOR, floorTick, "≤" + Ticks.log(floorTick), edge));
    }
    int every = 1;
    while (Ticks.decades(low, high, every).size() > most) {
      every++;
    }
    List<Integer> labelled = Ticks.decades(low, high, every);
    boolean few = labelled.size() < 2;
    for (int k = Ticks.exponent(low); k <= Ticks.exponent(high); k++) {
      for (int multiple = 1; multiple < 10; multiple++) {
        double value = multiple * Math.pow(10, k);
        if (value < low * (1 - 1e-9)
            || value > high * (1 + 1e-9)
            || nearFloor(value, Math.log10(high) - Math.log10(low))) {
          continue;
        }
        boolean named =
            multiple == 1 ? Math.floorMod(k, every) == 0 : few && (multiple == 2 || multiple == 5);
        if (named) {
          ticks.add(tick(TickType.MAJOR, value, few ? Ticks.plain(value) : Ticks.log(value), edge));
        } else if (every == 1 || multiple == 1) {
          ticks.add(tick(TickType.MINOR, value, "", edge));
        }
      }
    }
    return ticks;
  }

  /** Whether a label at the value would run into that of the floor. */
  private boolean nearFloor(double value, double decades) {
    return !Double.isNaN(floorTick)
        && Math.abs(Math.log10(value) - Math.log10(floorTick)) < 0.1 * decades;
  }

  private static NumberTick tick(TickType type, double value, String text, RectangleEdge edge) {
    TextAnchor anchor = TextAnchor.TOP_CENTER;
    if (edge.equals(RectangleEdge.LEFT)) {
      anchor = TextAnchor.CENTER_RIGHT;
    } else if (edge.equals(RectangleEdge.RIGHT)) {
      anchor = TextAnchor.CENTER_LEFT;
    } else if (edge.equals(RectangleEdge.TOP)) {
      anchor = TextAnchor.BOTTOM_CENTER;
    }
    return new NumberTick(type, value, text, anchor, TextAnchor.CENTER, 0);
  }
}
