package io.nngeometry.plot;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DrawingTest {
  private static final int BLUE = 0x0072B2;
  private static final int VERMILLION = 0xD55E00;
  private static final Palette PALETTE = Palette.of("a", "b");

  @Test
  void aSeriesKeepsItsColourWithoutTheOthers() {
    Series b = Series.of("b", new double[] {0, 1}, new double[] {0, 1});
    BufferedImage image =
        LineFigure.of("", Axis.linear("x"), Axis.linear("y"), PALETTE, List.of(b))
            .render(300, 200, 1);

    assertThat(count(image, VERMILLION)).isPositive();
    assertThat(count(image, BLUE)).isZero();
  }

  @Test
  void zerosOnALogarithmicAxisAreMarkedAtTheFloor() {
    double[] x = {1, 2, 3};
    LineFigure figure =
        LineFigure.of(
            "",
            Axis.linear("x"),
            Axis.log("error").withFloor(1e-8),
            PALETTE,
            List.of(Series.banded("a", x, new double[] {0, 0, -1e-17}, new double[] {1, 0, 0}, x)));

    assertThat(Xml.text(figure.svg())).contains("≤10⁻⁸");
    assertThat(Xml.text(Samples.lines().svg())).doesNotContain("≤");
  }

  @Test
  void onlyZerosStillMakeAFigure() {
    Series zeros = Series.of("a", new double[] {1, 1}, new double[] {0, 0});
    LineFigure figure = LineFigure.of("", Axis.log("x"), Axis.log("y"), PALETTE, List.of(zeros));

    assertThat(Xml.text(figure.svg())).contains("≤10⁻¹⁶");
  }

  @Test
  void narrowAndWideLogarithmicAxesHaveAFewLabels() {
    assertThat(Xml.text(line(0.02, 0.3).svg())).contains("0.02", "0.05", "0.1", "0.2");
    assertThat(Xml.text(line(1e-300, 1e300).svg()).lines().filter(t -> t.startsWith("10")).count())
        .isBetween(3L, 9L);
  }

  @Test
  void constantsAndExtremesStillMakeAFigure() {
    for (double value : new double[] {0, 1, -5, 1e-300, 1e300}) {
      Series constant = Series.of("a", new double[] {3, 3}, new double[] {value, value});
      LineFigure figure =
          LineFigure.of("", Axis.linear("x"), Axis.linear("y"), PALETTE, List.of(constant));
      assertThat(count(figure.render(300, 200, 1), BLUE)).as("value %s", value).isPositive();
    }
  }

  @Test
  void fixedLimitsCutTheDataOff() {
    LineFigure cut =
        LineFigure.of(
            "",
            Axis.linear("x").between(10, 20),
            Axis.linear("y"),
            PALETTE,
            List.of(Series.of("a", new double[] {0, 1}, new double[] {0, 1})));

    assertThat(Xml.text(cut.svg())).contains("12", "18").doesNotContain("0.5\n1.0");
  }

  @Test
  void manyPointsHaveFewMarkers() {
    double[] x = IntStream.range(0, 2000).asDoubleStream().toArray();
    String svg =
        LineFigure.of(
                "", Axis.linear("x"), Axis.linear("y"), PALETTE, List.of(Series.of("a", x, x)))
            .svg();

    assertThat(svg.split("<path", -1)).hasSizeLessThan(80);
  }

  @Test
  void theColourMapIsReadFromTopToBottom() {
    double[][] values = new double[4][4];
    Arrays.stream(values, 0, 2).forEach(row -> Arrays.fill(row, 1));
    BufferedImage image =
        HeatMapFigure.of("", "r", "c", "v", values, ColorMap.SEQUENTIAL).render(400, 300, 1);

    assertThat(image.getRGB(180, 40) & 0xFFFFFF).isEqualTo(0xFDE725);
    assertThat(image.getRGB(180, 220) & 0xFFFFFF).isEqualTo(0x440154);
  }

  @Test
  void divergingColoursAreWhiteAtZeroAndFixedLimitsHold() {
    assertThat(ColorMap.DIVERGING.rgb(0)).isEqualTo(0x053061);
    assertThat(ColorMap.DIVERGING.rgb(1)).isEqualTo(0x67001F);
    HeatMapFigure figure = Samples.heatMap();
    assertThat(Xml.text(figure.svg())).contains("−1.0", "1.0");
    assertThat(Xml.text(figure.between(-4, 4).svg())).contains("−4", "4");
  }

  @Test
  void matricesOfOneValueOrOneRowAndLargeOnesAreDrawn() {
    for (double[][] values :
        List.of(
            new double[][] {{0}},
            new double[][] {{3, 3}},
            new double[1][500],
            new double[300][2],
            new double[1500][2500])) {
      Figure figure = HeatMapFigure.of("t", "r", "c", "v", values, ColorMap.SEQUENTIAL);
      assertThat(Xml.text(figure.svg())).contains("v");
    }
  }

  @Test
  void linesPartTheGroupsOfAMatrixAndNamesStandAtTheirMiddles() {
    double[][] values = new double[4][4];
    Arrays.stream(values).forEach(row -> Arrays.fill(row, 1));
    HeatMapFigure plain = HeatMapFigure.of("", "r", "c", "v", values, ColorMap.SEQUENTIAL);
    Groups groups = Groups.of(new int[] {0, 1, 1, 2}, List.of("ant", "bee", "cat"));
    HeatMapFigure parted = plain.grouped(groups, Groups.NONE);

    assertThat(groups.sizes()).containsExactly(1, 2, 1);
    assertThat(Xml.text(parted.svg())).contains("ant", "bee", "cat");
    assertThat(Xml.text(plain.svg())).doesNotContain("ant");
    BufferedImage before = plain.render(400, 300, 1);
    BufferedImage after = parted.render(400, 300, 1);
    int filled = before.getRGB(180, 150);
    long lines =
        IntStream.range(60, 240)
            .filter(y -> before.getRGB(180, y) == filled && after.getRGB(180, y) != filled)
            .count();
    assertThat(lines).as("two lines, each on one or two pixels").isBetween(2L, 4L);
  }

  @Test
  void rowsOfAGridShareTheWholeWidth() {
    Figure wide = Samples.lines().sized(400, 200);
    Figure narrow = Samples.lines().sized(100, 150);
    Grid grid = new Grid(List.of(List.of(wide, narrow), List.of(narrow)));
    List<java.awt.geom.Rectangle2D> areas = new java.util.ArrayList<>();
    Figure seen =
        new Figure() {
          @Override
          public Size size() {
            return new Size(100, 150);
          }

          @Override
          public String description() {
            return "seen";
          }

          @Override
          public void draw(java.awt.Graphics2D graphics, java.awt.geom.Rectangle2D area) {
            areas.add(area);
          }
        };
    new Grid(List.of(List.of(wide, seen), List.of(seen))).render(500, 350, 1);

    assertThat(grid.size()).isEqualTo(new Size(500, 350));
    assertThat(areas)
        .containsExactly(
            new java.awt.geom.Rectangle2D.Double(400, 0, 100, 200),
            new java.awt.geom.Rectangle2D.Double(0, 200, 500, 150));
  }

  @Test
  void aLegendStandsForThoseOfSeveralFigures() {
    assertThat(Xml.text(Samples.legend().svg())).containsSubsequence(Samples.PALETTE.names());
    String line = Samples.PALETTE.names().get(0);
    assertThat(Xml.text(Samples.lines().withoutLegend().svg())).doesNotContain(line);
    assertThat(Samples.lines().withoutLegend().sized(300, 200).hasLegend()).isFalse();
    assertThat(Samples.legend().size()).isEqualTo(new Size(600, 44));
  }

  @Test
  void blocksOfALargeMatrixAreMeans() {
    double[][] values = new double[2000][2000];
    for (int i = 0; i < 2000; i++) {
      for (int j = 0; j < 2000; j++) {
        values[i][j] = (i + j) % 2 == 0 ? 5 : 1;
      }
    }
    Matrix matrix = Matrix.of(values);

    assertThat(matrix.extent()).isEqualTo(Extent.of(3, 3));
    assertThat(matrix.rows()).isEqualTo(2000);
  }

  @Test
  void anIntervalFigureGrowsWithItsRowsAndPanels() {
    var panel = IntervalFigure.Panel.of(Axis.log("e"), Map.of("a", Interval.ofAll(1, 2)));
    Size small = IntervalFigure.of("", List.of("a"), List.of(panel), PALETTE).size();
    Size large =
        IntervalFigure.of("", List.of("a", "b"), List.of(panel, panel), PALETTE)
            .sized(900, 500)
            .size();

    assertThat(small.width()).isLessThan(large.width());
    assertThat(large).isEqualTo(new Size(900, 500));
    assertThat(Interval.ofAll(4, 1, 2, 3)).isEqualTo(new Interval(1, 2.5, 4));
  }

  private static LineFigure line(double low, double high) {
    return LineFigure.of(
        "",
        Axis.linear("x"),
        Axis.log("y").withFloor(1e-305),
        PALETTE,
        List.of(Series.of("a", new double[] {1, 2}, new double[] {low, high})));
  }

  private static long count(BufferedImage image, int color) {
    return IntStream.range(0, image.getWidth() * image.getHeight())
        .filter(i -> (image.getRGB(i % image.getWidth(), i / image.getWidth()) & 0xFFFFFF) == color)
        .count();
  }
}
