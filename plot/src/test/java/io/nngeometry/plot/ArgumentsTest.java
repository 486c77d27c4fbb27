package io.nngeometry.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Wrong data gives one error that names the argument. */
class ArgumentsTest {
  private static final double[] TWO = {1, 2};

  @Test
  void seriesNeedFiniteNumbersOfOneLength() {
    refused(() -> Series.of("a", TWO, new double[] {1}))
        .hasMessage("y of \"a\": 2 numbers expected, as many as x, got 1");
    refused(() -> Series.of("a", TWO, new double[] {1, Double.NaN}))
        .hasMessage("y of \"a\": finite numbers expected, got NaN at index 1");
    refused(() -> Series.of("a", new double[] {Double.POSITIVE_INFINITY, 1}, TWO))
        .hasMessageStartingWith("x of \"a\": finite numbers expected, got Infinity");
    refused(() -> Series.of("a", new double[0], new double[0]))
        .hasMessage("points of \"a\": at least one expected, got none");
    refused(() -> Series.banded("a", TWO, TWO, TWO, new double[] {3}))
        .hasMessageStartingWith("high of \"a\": ");
    refused(() -> Series.banded("a", TWO, TWO, new double[] {0, 3}, new double[] {3, 3}))
        .hasMessage("point: low <= y <= high expected, got 1.0, 0.0, 3.0 at x=1.0");
  }

  @Test
  void classesMustExist() {
    refused(() -> Series.byClass(TWO, TWO, new int[] {0}, List.of("a")))
        .hasMessage("classes: 2 expected, as many as x, got 1");
    refused(() -> Series.byClass(TWO, TWO, new int[] {0, 1}, List.of("a")))
        .hasMessage("classes: 0 to 0 expected, got 1 at index 1");
    assertThat(Series.byClass(TWO, TWO, new int[] {1, 1}, List.of("a", "b")))
        .extracting(Series::name)
        .containsExactly("b");
  }

  @Test
  void seriesMustBeInThePaletteOnce() {
    Series a = Series.of("a", TWO, TWO);
    refused(() -> lines(Palette.of("b"), a)).hasMessage("palette: has no \"a\"; its names are [b]");
    refused(() -> lines(Palette.of("a"), a, a)).hasMessage("series: \"a\" occurs twice");
    refused(() -> lines(Palette.of("a"))).hasMessage("series: at least one expected, got none");
    refused(() -> Palette.of("a", "a")).hasMessage("palette: \"a\" occurs twice");
    refused(Palette::of).hasMessage("palette: at least one expected, got none");
    refused(() -> Palette.of(" ")).hasMessage("palette: a name is blank");
  }

  @Test
  void logarithmicAbscissaeMustBePositive() {
    Series series = Series.of("a", new double[] {0, 1}, TWO);
    refused(
            () ->
                LineFigure.of(
                    "", Axis.log("x"), Axis.linear("y"), Palette.of("a"), List.of(series)))
        .hasMessage("x: a logarithmic axis needs positive numbers, got 0.0");
  }

  @Test
  void axesNeedSensibleEnds() {
    refused(() -> Axis.linear("x").between(2, 1)).hasMessageStartingWith("limits: ");
    refused(() -> Axis.log("x").between(0, 1))
        .hasMessage("limits: a logarithmic axis needs positive ends, got 0.0");
    refused(() -> Axis.log("x").withFloor(0))
        .hasMessage("floor: a positive number expected, got 0.0");
  }

  @Test
  void intervalsNeedOrderAndKnownCategories() {
    refused(() -> new Interval(1, 0, 2)).hasMessageStartingWith("interval: low <= median <= high");
    refused(() -> new Interval(Double.NaN, 0, 2)).hasMessageStartingWith("interval: finite");
    refused(Interval::ofAll).hasMessage("values: at least one expected, got none");
    refused(() -> IntervalFigure.Panel.of(Axis.log("e"), Map.of()))
        .hasMessage("intervals of \"e\": at least one expected, got none");
    var panel = IntervalFigure.Panel.of(Axis.log("e"), Map.of("b", new Interval(1, 1, 1)));
    refused(() -> panel.withReference(Double.NaN)).hasMessageStartingWith("reference: ");
    refused(() -> IntervalFigure.of("", List.of("a"), List.of(panel), Palette.of("a")))
        .hasMessage("intervals of \"e\": \"b\" is none of the categories [a]");
    refused(() -> IntervalFigure.of("", List.of("a"), List.of(), Palette.of("a")))
        .hasMessage("panels: at least one expected, got none");
    refused(() -> IntervalFigure.of("", List.of(), List.of(panel), Palette.of("a")))
        .hasMessage("categories: at least one expected, got none");
  }

  @Test
  void matricesAreFullAndFinite() {
    refused(() -> heatMap(new double[0][0])).hasMessageStartingWith("values: at least one row");
    refused(() -> heatMap(new double[][] {{}})).hasMessageStartingWith("values: at least one row");
    refused(() -> heatMap(new double[][] {{1, 2}, {1}}))
        .hasMessage("values: rows of 2 expected, got 1 in row 1");
    refused(() -> heatMap(new double[][] {{1, 2}, {1, Double.NaN}}))
        .hasMessage("values, row 1: finite numbers expected, got NaN at index 1");
  }

  @Test
  void tablesAreFull() {
    refused(() -> Table.of("a", "b").row(Cell.text("x")))
        .hasMessage("row: 2 cells expected, as many as headings, got 1");
    refused(() -> Table.of("a").highlighting(1, Table.Best.LOWEST))
        .hasMessage("best: a column from 0 to 0 expected, got 1");
    refused(Table::of).hasMessage("header: at least one expected, got none");
    refused(() -> HtmlReport.titled(" ")).hasMessageStartingWith("title: ");
    refused(() -> HtmlReport.titled("t").facts("", Map.of())).hasMessageStartingWith("facts: ");
  }

  @Test
  void figuresKeepTheirNumbers() {
    double[] y = {1, 2};
    double[][] values = {{1, 2}};
    Series series = Series.of("a", TWO, y);
    String before = heatMapSvg(values);
    HeatMapFigure figure = heatMap(values);
    y[0] = 7;
    values[0][0] = 7;

    assertThat(series.points().get(0).y()).isEqualTo(1);
    assertThat(figure.svg()).isEqualTo(before);
  }

  private static String heatMapSvg(double[][] values) {
    return heatMap(values).svg();
  }

  private static org.assertj.core.api.AbstractThrowableAssert<?, ?> refused(ThrowingCallable call) {
    return assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class);
  }

  private static HeatMapFigure heatMap(double[][] values) {
    return HeatMapFigure.of("", "r", "c", "v", values, ColorMap.SEQUENTIAL);
  }

  private static LineFigure lines(Palette palette, Series... series) {
    return LineFigure.of("", Axis.linear("x"), Axis.linear("y"), palette, List.of(series));
  }

  @Test
  void groupsMustFitTheMatrix() {
    assertThatThrownBy(() -> new Groups(List.of("a"), List.of(0)))
        .hasMessageStartingWith("groups: ");
    Groups three = new Groups(List.of("a"), List.of(3));
    assertThatThrownBy(() -> Samples.heatMap().grouped(three, Groups.NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("groups: 2 rows expected, got 3");
    assertThatThrownBy(() -> new Grid(List.of(List.of())))
        .hasMessageStartingWith("figures of a row");
  }
}
