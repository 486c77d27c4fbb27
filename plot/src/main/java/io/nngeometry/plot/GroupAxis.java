package io.nngeometry.plot;

import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import org.jfree.chart.axis.AxisState;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.axis.NumberTick;
import org.jfree.chart.axis.TickType;
import org.jfree.chart.ui.RectangleEdge;
import org.jfree.chart.ui.TextAnchor;

/**
 * An axis along cells whose ticks are the names of groups, at their middles, where there is room.
 */
@SuppressWarnings("serial")
final class GroupAxis extends NumberAxis {
  private static final double GAP = 4;

  private final transient Groups groups;

  GroupAxis(String label, Groups groups) {
    super(label);
    this.groups = groups;
    setRange(-0.5, groups.cells() - 0.5);
  }

  @Override
  public List<NumberTick> refreshTicks(
      Graphics2D graphics, AxisState state, Rectangle2D area, RectangleEdge edge) {
    boolean across = RectangleEdge.isTopOrBottom(edge);
    double length = across ? area.getWidth() : area.getHeight();
    List<NumberTick> ticks = new ArrayList<>();
    double free = Double.NEGATIVE_INFINITY;
    double before = 0;
    for (int k = 0; k < groups.names().size(); k++) {
      double middle = before + groups.sizes().get(k) / 2.0;
      before += groups.sizes().get(k);
      String name = groups.names().get(k);
      Rectangle2D text = getTickLabelFont().getStringBounds(name, graphics.getFontRenderContext());
      double half = (across ? text.getWidth() : text.getHeight()) / 2;
      double at = middle / groups.cells() * length;
      if (at - half >= free) {
        free = at + half + (across ? GAP : 0);
        ticks.add(
            new NumberTick(
                TickType.MAJOR,
                middle - 0.5,
                name,
                across ? TextAnchor.TOP_CENTER : TextAnchor.CENTER_RIGHT,
                TextAnchor.CENTER,
                0));
      }
    }
    return ticks;
  }
}
