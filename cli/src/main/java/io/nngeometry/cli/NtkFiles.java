package io.nngeometry.cli;

import io.nngeometry.cli.ntk.Classes;
import io.nngeometry.cli.ntk.Ntk;
import io.nngeometry.cli.ntk.NtkFigures;
import io.nngeometry.cli.ntk.NtkText;
import io.nngeometry.cli.ntk.Summary;
import io.nngeometry.engine.Tensors;
import io.nngeometry.io.Npy;
import io.nngeometry.kernel.KernelPca;
import io.nngeometry.operators.CrossFMat;
import io.nngeometry.operators.FMat;
import io.nngeometry.operators.FMatDense;
import io.nngeometry.plot.Figure;
import io.nngeometry.plot.Grid;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What a tangent kernel tells, and the files that it is told in: all are named like its own. */
final class NtkFiles {
  private static final String SUFFIX = ".npy";
  private static final int COMPONENTS = 2;

  private final Path out;
  private final boolean plot;
  private final boolean pca;
  private final double ridge;
  private final List<String> written = new ArrayList<>();

  /**
   * @param out the kernel's own file
   * @param plot whether it is drawn
   * @param pca whether its components are
   * @param ridge damping of the regression, in mean eigenvalues
   */
  NtkFiles(Path out, boolean plot, boolean pca, double ridge) {
    this.out = out;
    this.plot = plot;
    this.pca = pca;
    this.ridge = ridge;
  }

  /** What is found out of a kernel. */
  record Found(
      Ntk.Kernel kernel,
      Optional<Ntk.Spectrum> spectrum,
      Optional<Ntk.Labels> labels,
      Optional<List<Double>> components) {}

  /** Writes the kernel itself. */
  void kernel(Tensor elements) throws IOException {
    Npy.write(out, elements);
    kernel();
  }

  /** The kernel has been written. */
  void kernel() {
    written.add(out.toString());
  }

  /**
   * What there is to know of a kernel of one set of examples.
   *
   * @param overExamples its sum over outputs of their own kernels, if it fits in memory
   */
  Found square(
      FMat kernel, String storage, Optional<FMatDense> overExamples, Optional<Classes> classes)
      throws IOException {
    Ntk.Kernel facts =
        new Ntk.Kernel(
            List.of(kernel.outputs(), kernel.examples(), kernel.outputs(), kernel.examples()),
            dtype(kernel.diagonal().tensor()),
            storage,
            Optional.of(kernel.trace()),
            kernel.frobeniusNorm());
    if (overExamples.isEmpty()) {
      return new Found(facts, Optional.empty(), Optional.empty(), Optional.empty());
    }
    FMatDense k = Summary.inDouble(overExamples.get());
    Optional<Ntk.Spectrum> spectrum = Summary.spectrum(k);
    if (spectrum.isPresent()) {
      text(sibling(".csv"), NtkText.csv(spectrum.get()));
    }
    if (plot) {
      List<Figure> row = new ArrayList<>();
      row.add(NtkFigures.gram("", k.matrix(), classes, classes, NtkFigures.colors(k.matrix())));
      spectrum.map(NtkFigures::spectrum).ifPresent(row::add);
      picture(new Grid(List.of(row)), "");
    }
    Optional<List<Double>> components =
        pca ? Optional.of(components(k, classes)) : Optional.empty();
    return new Found(facts, spectrum, classes.map(c -> Summary.labels(k, c, ridge)), components);
  }

  private List<Double> components(FMatDense k, Optional<Classes> classes) throws IOException {
    try (KernelPca found = KernelPca.of(k, COMPONENTS)) {
      double[][] scores = NtkFigures.scores(found);
      StringBuilder csv = new StringBuilder("example,class,first,second\n");
      for (int i = 0; i < scores[0].length; i++) {
        int example = i;
        String name = classes.map(c -> c.names().get(c.labels().get(example))).orElse("");
        csv.append("%d,%s,%s,%s\n".formatted(i, name, scores[0][i], scores[1][i]));
      }
      text(sibling("-pca.csv"), csv.toString());
      picture(NtkFigures.components("", found, classes), "-pca");
      return Arrays.stream(found.explainedVariance()).boxed().toList();
    }
  }

  /**
   * What there is to know of a kernel between two sets.
   *
   * @param elements (c, n, c, n')
   * @param columns gives the columns' own kernel over examples, if it is asked for
   */
  Found between(
      Tensor elements,
      Optional<Classes> mine,
      Optional<Classes> theirs,
      Supplier<FMatDense> columns)
      throws IOException {
    Tensor over = elements.diagonal(0, 0, 2).sum(-1);
    if (plot) {
      picture(NtkFigures.gram("", over, mine, theirs, NtkFigures.colors(over)), "");
    }
    Optional<Ntk.Labels> labels = Optional.empty();
    if (mine.isPresent() && theirs.isPresent()) {
      FMatDense others = Summary.inDouble(columns.get());
      CrossFMat k = CrossFMat.of(over.to(ScalarType.Double).unsqueeze(0).unsqueeze(2));
      labels =
          Optional.of(
              new Ntk.Labels(
                  Optional.empty(),
                  Optional.empty(),
                  Optional.of(Summary.ridge(k, others, mine.get(), theirs.get(), ridge))));
    }
    return new Found(
        new Ntk.Kernel(
            Arrays.stream(Tensors.shape(elements)).boxed().toList(),
            dtype(elements),
            "memory",
            Optional.empty(),
            Tensors.item(elements.norm())),
        Optional.empty(),
        labels,
        Optional.empty());
  }

  /** Writes the record of the run, which is returned. */
  Ntk report(Found found, String commandLine, double seconds, Map<String, Object> settings)
      throws IOException {
    Path json = sibling(".json");
    written.add(json.toString());
    Ntk results =
        new Ntk(
            Ntk.FORMAT,
            commandLine,
            seconds,
            settings,
            Machine.facts(),
            Machine.versions(),
            found.kernel(),
            found.spectrum(),
            found.labels(),
            found.components(),
            List.copyOf(written));
    OutputFiles.text(json, Json.of(results) + "\n");
    return results;
  }

  private static String dtype(Tensor t) {
    return Arrays.stream(FloatType.values())
        .filter(type -> type.type() == Tensors.type(t))
        .findFirst()
        .orElseThrow()
        .toString();
  }

  private Path sibling(String ending) {
    return OutputFiles.sibling(out, SUFFIX, ending);
  }

  private void text(Path file, String text) throws IOException {
    OutputFiles.text(file, text);
    written.add(file.toString());
  }

  private void picture(Figure figure, String name) throws IOException {
    OutputFiles.figure(sibling(name), figure).forEach(file -> written.add(file.toString()));
  }
}
