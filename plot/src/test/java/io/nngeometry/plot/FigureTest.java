package io.nngeometry.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FigureTest {
  private static final String SAMPLES = "io.nngeometry.plot.Samples#all";

  @TempDir Path directory;

  @ParameterizedTest
  @MethodSource(SAMPLES)
  void rendersTheSizeAskedFor(Figure figure) {
    BufferedImage image = figure.render(300, 200, 1.5);

    assertThat(image.getWidth()).isEqualTo(450);
    assertThat(image.getHeight()).isEqualTo(300);
    assertThat(colors(image)).as("more than a blank page").hasSizeGreaterThan(10);
    assertThat(image.getRGB(0, 0)).as("white paper").isEqualTo(0xFFFFFFFF);
  }

  @ParameterizedTest
  @MethodSource(SAMPLES)
  void writesAPngOfTwiceTheLayoutSize(Figure figure) throws IOException {
    Path file = directory.resolve("made/for/it.png");

    figure.writePng(file);

    BufferedImage image = ImageIO.read(file.toFile());
    assertThat(image.getWidth()).isEqualTo(2 * figure.size().width());
    assertThat(image.getHeight()).isEqualTo(2 * figure.size().height());
  }

  @ParameterizedTest
  @MethodSource(SAMPLES)
  void svgIsWellFormedAndDescribed(Figure figure) throws IOException {
    Path file = directory.resolve("figure.svg");

    figure.writeSvg(file);

    var root = Xml.parse(Files.readString(file)).getDocumentElement();
    assertThat(root.getNodeName()).isEqualTo("svg");
    assertThat(root.getAttribute("viewBox"))
        .isEqualTo("0 0 " + figure.size().width() + " " + figure.size().height());
    assertThat(root.getElementsByTagName("title").item(0).getTextContent())
        .isEqualTo(figure.description());
  }

  @ParameterizedTest
  @MethodSource(SAMPLES)
  void sameDataGivesTheSameBytesInAnyLocale(Figure figure) {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.US);
      byte[] png = Rendering.png(figure.render(300, 200, 1));
      String svg = figure.svg();
      Locale.setDefault(Locale.GERMANY);

      assertThat(Rendering.png(figure.render(300, 200, 1))).isEqualTo(png);
      assertThat(figure.svg()).isEqualTo(svg);
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void svgNamesSeriesAxesAndTitle() {
    String text = Xml.text(Samples.lines().svg());

    assertThat(text)
        .contains("dense", "diagonal <b>", "damping", "cosine", "Solve residual", "10⁻⁴");
    assertThat(Xml.text(Samples.intervals().svg()))
        .contains("dense", "KFAC", "error of trace", "error of cosine", "≤10⁻¹⁶");
    assertThat(Xml.text(Samples.heatMap().svg())).contains("row", "column", "value", "Kernel");
    assertThat(Xml.text(Samples.scatter().svg())).contains("first", "second", "KFAC");
  }

  @Test
  void refusesImpossibleSizes() {
    Figure figure = Samples.lines();

    assertThatThrownBy(() -> figure.render(10, 200, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("size: at least 100 x 40 expected, got 10 x 200");
    for (double scale : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY, 1e6}) {
      assertThatThrownBy(() -> figure.render(200, 200, scale))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("scale: ");
    }
  }

  private static Set<Integer> colors(BufferedImage image) {
    Set<Integer> seen = new HashSet<>();
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        seen.add(image.getRGB(x, y));
      }
    }
    return seen;
  }
}
