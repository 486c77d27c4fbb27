package io.nngeometry.cli.ntk;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.kernel.KernelPca;
import io.nngeometry.plot.Axis;
import io.nngeometry.plot.ColorMap;
import io.nngeometry.plot.Groups;
import io.nngeometry.plot.HeatMapFigure;
import io.nngeometry.plot.LineFigure;
import io.nngeometry.plot.Palette;
import io.nngeometry.plot.ScatterFigure;
import io.nngeometry.plot.Series;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Pictures of kernels over examples. */
public final class NtkFigures {
  private static final String POINTS = "examples";
  private static final String EIGENVALUES = "eigenvalues";
  private static final double ROUNDING = 1e-14;

  /**
   * Share of the elements that the colours span; the rest, a few great norms, would wash it out.
   */
  private static final double SPANNED = 0.99;

  private NtkFigures() {}

  /**
   * The elements as an image, the examples of a class together and parted from the others.
   *
   * @param elements (n, n')
   * @param rows classes of the rows, if known
   * @param columns classes of the columns, if known
   * @param colors sequential, or diverging about zero
   */
  public static HeatMapFigure gram(
      String title,
      Tensor elements,
      Optional<Classes> rows,
      Optional<Classes> columns,
      ColorMap colors) {
    double[][] k = ordered(elements, rows, columns);
    double[] all = Stream.of(k).flatMapToDouble(Arrays::stream).sorted().toArray();
    double[] sizes = Arrays.stream(all).map(Math::abs).sorted().toArray();
    double span = sizes[(int) (SPANNED * (sizes.length - 1))];
    HeatMapFigure figure =
        HeatMapFigure.of(title, label(rows), label(columns), "⟨∂f(x), ∂f(x′)⟩", k, colors)
            .grouped(groups(rows), groups(columns));
    if (!(span > 0)) {
      return figure;
    }
    return colors == ColorMap.DIVERGING
        ? figure.between(-span, span)
        : figure.between(Math.min(all[0], span / 2), span);
  }

  /** The colours that suit elements: diverging where some are below zero. */
  public static ColorMap colors(Tensor elements) {
    return Tensors.item(elements.min()) < 0 ? ColorMap.DIVERGING : ColorMap.SEQUENTIAL;
  }

  private static String label(Optional<Classes> classes) {
    return classes.isPresent() ? "examples, by class" : "examples";
  }

  private static Groups groups(Optional<Classes> classes) {
    return classes.map(Classes::groups).orElse(Groups.NONE);
  }

  private static double[][] ordered(
      Tensor elements, Optional<Classes> rows, Optional<Classes> columns) {
    int n = Math.toIntExact(elements.size(0));
    int m = Math.toIntExact(elements.size(1));
    double[] flat;
    try (Scope scope = Scope.open()) {
      flat = Tensors.toArray(elements.to(ScalarType.Double).contiguous().reshape(-1));
    }
    List<Integer> down = order(rows, n);
    List<Integer> across = order(columns, m);
    double[][] k = new double[n][m];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < m; j++) {
        k[i][j] = flat[down.get(i) * m + across.get(j)];
      }
    }
    return k;
  }

  private static List<Integer> order(Optional<Classes> classes, int n) {
    return classes.map(Classes::order).orElseGet(() -> IntStream.range(0, n).boxed().toList());
  }

  /** The eigenvalues by rank; those that are zero to rounding lie on the floor. */
  public static LineFigure spectrum(Ntk.Spectrum spectrum) {
    double[] values = spectrum.eigenvalues().stream().mapToDouble(x -> x).toArray();
    double[] rank = IntStream.rangeClosed(1, values.length).asDoubleStream().toArray();
    return LineFigure.of(
        "",
        Axis.linear("rank"),
        Axis.log("eigenvalue")
            .withFloor(ROUNDING * Math.max(values[0], Double.MIN_NORMAL / ROUNDING)),
        Palette.of(EIGENVALUES),
        List.of(Series.of(EIGENVALUES, rank, values)));
  }

  /** The examples on the first two components. */
  public static ScatterFigure components(String title, KernelPca pca, Optional<Classes> classes) {
    double[][] scores = scores(pca);
    List<String> names = classes.map(Classes::names).orElse(List.of(POINTS));
    int[] labels =
        classes
            .map(Classes::array)
            .orElseGet(
                () -> Collections.nCopies(scores[0].length, 0).stream().mapToInt(x -> x).toArray());
    double[] explained = pca.explainedVariance();
    return ScatterFigure.of(
        title,
        Axis.linear(axis("first", explained, 0)),
        Axis.linear(axis("second", explained, 1)),
        new Palette(names),
        Series.byClass(scores[0], scores[1], labels, names));
  }

  private static String axis(String rank, double[] explained, int k) {
    double share = k < explained.length ? explained[k] : 0;
    return String.format(java.util.Locale.ROOT, "%s component (%.0f%%)", rank, 100 * share);
  }

  /** Coordinates of the examples on two components; zeros where there is no second. */
  public static double[][] scores(KernelPca pca) {
    int n = Math.toIntExact(pca.scores().size(0));
    double[][] scores = new double[2][n];
    for (int q = 0; q < Math.min(2, pca.scores().size(1)); q++) {
      try (Scope scope = Scope.open()) {
        scores[q] = Tensors.toArray(pca.scores().select(1, q).to(ScalarType.Double).contiguous());
      }
    }
    return scores;
  }
}
