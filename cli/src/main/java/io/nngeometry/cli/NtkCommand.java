package io.nngeometry.cli;

import io.nngeometry.cli.compare.Stopwatch;
import io.nngeometry.cli.console.Progress;
import io.nngeometry.cli.ntk.Classes;
import io.nngeometry.cli.ntk.Ntk;
import io.nngeometry.cli.ntk.NtkFigures;
import io.nngeometry.cli.ntk.NtkText;
import io.nngeometry.cli.ntk.Summary;
import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.MemoryBudget;
import io.nngeometry.fisher.MemoryBudgetException;
import io.nngeometry.fisher.TangentKernel;
import io.nngeometry.io.KernelFile;
import io.nngeometry.io.Npy;
import io.nngeometry.io.StoredKernel;
import io.nngeometry.kernel.KernelPca;
import io.nngeometry.models.data.DataSource;
import io.nngeometry.models.data.Dataset;
import io.nngeometry.models.data.Part;
import io.nngeometry.operators.CrossFMat;
import io.nngeometry.operators.FMat;
import io.nngeometry.operators.FMatDense;
import io.nngeometry.plot.Figure;
import io.nngeometry.plot.Grid;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The tangent kernel of a network on data, in a file, with numbers and pictures. */
@Command(
    name = "ntk",
    description =
        "Computes the neural tangent kernel, or Gram matrix, of a network on data and writes it as"
            + " .npy, of shape (c, n, c, n): outputs, examples, outputs, examples; not divided by"
            + " n. A kernel that does not fit in memory is written tile by tile, and the same"
            + " command goes on with one that was stopped. Beside it, as JSON: its spectrum, how"
            + " it aligns with the labels, and how well kernel regression classifies each example"
            + " from all others.",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    footer = {
      "",
      "Examples:",
      "  nngeometry ntk --model net.pt2 --data safetensors:net.safetensors --out K.npy",
      "  nngeometry ntk --model mlp --weights mlp.safetensors --outputs sum --plot --pca",
      "  nngeometry ntk --outputs 3-5 --layers 'fc*' --centred --dtype float64",
      "  nngeometry ntk --split test --against train    ridge regression on the training part"
    })
final class NtkCommand implements Callable<Integer> {
  private static final String SUFFIX = ".npy";
  private static final int COMPONENTS = 2;

  @Spec private CommandSpec spec;

  @Option(
      names = "--outputs",
      paramLabel = "WHICH",
      defaultValue = "all",
      converter = OutputsWord.Converter.class,
      description =
          "all, each by itself; sum; K, one, counted from 0; or K1-K2, the difference of two."
              + " Default: ${DEFAULT-VALUE}.")
  private OutputsWord outputs;

  @Option(
      names = "--against",
      paramLabel = "DATA",
      description =
          "Other examples, the kernel's columns: train, test or all of --data, or a source as"
              + " --data takes them.")
  private @Nullable String against;

  @Option(
      names = "--centred",
      description =
          "Take off, per output, the mean over examples of the gradients; with --against, that of"
              + " the columns.")
  private boolean centred;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      defaultValue = "ntk.npy",
      description = "File of the kernel; others have its name. Default: ${DEFAULT-VALUE}.")
  private Path out;

  @Option(
      names = "--plot",
      description =
          "Draw the kernel over examples as an image, ordered by class, and its spectrum: PNG and"
              + " SVG. It is the sum over outputs of their own kernels.")
  private boolean plot;

  @Option(
      names = "--pca",
      description = "Kernel PCA: the examples on two components, as CSV, PNG and SVG.")
  private boolean pca;

  @Option(
      names = "--ridge",
      paramLabel = "LAMBDA",
      defaultValue = "1e-3",
      description =
          "Damping of the ridge regression, in mean eigenvalues of the kernel. Default:"
              + " ${DEFAULT-VALUE}.")
  private double ridge;

  @Mixin private ModelOptions model;
  @Mixin private DataOptions data;
  @Mixin private LimitOptions limits;
  @Mixin private OutputOptions output;

  /** What is found out of a kernel. */
  private record Found(
      Ntk.Kernel kernel,
      Optional<Ntk.Spectrum> spectrum,
      Optional<Ntk.Labels> labels,
      Optional<List<Double>> components) {}

  @Override
  public Integer call() throws IOException {
    Stopwatch watch = Stopwatch.start();
    new Check(spec.commandLine()).positive("--ridge", ridge);
    MemoryBudget memory = limits.memory();
    if (against != null && pca) {
      throw new ParameterException(
          spec.commandLine(), "--pca needs the kernel of one set of examples; leave out --against");
    }
    OutputFiles.file("--out", out);
    output.startEngine();
    List<String> files = new ArrayList<>();
    try (Scope scope = Scope.open();
        NetworkAndData both = NetworkAndData.of(model, data)) {
      Network network = both.network();
      Dataset rows = both.dataset();
      Map<String, Object> settings = new LinkedHashMap<>();
      settings.put("model", network.name());
      data.addTo(settings, rows);
      settings.put("dtype", network.dtype().toString());
      settings.put("outputs", outputs.word());
      settings.put("centred", centred);
      settings.put("ridge", ridge);
      TangentKernel kernel =
          TangentKernel.of(network.model())
              .layers(network.layers())
              .outputs(outputs.outputs())
              .memoryBudget(memory);
      Found found;
      if (against == null) {
        found = square(centred ? kernel.centred() : kernel, rows, memory, files);
      } else {
        settings.put("against", against);
        try (Dataset columns = other(network.dtype())) {
          found = between(centred ? kernel.centred() : kernel, rows, columns, files);
        }
      }
      report(watch, settings, found, files);
    } catch (MemoryBudgetException e) {
      throw new UserException("--memory: " + e.getMessage(), e);
    }
    return 0;
  }

  private Dataset other(FloatType type) throws IOException {
    String word = java.util.Objects.requireNonNull(against);
    try {
      return Arrays.stream(Part.values()).anyMatch(part -> part.toString().equals(word))
          ? data.load(Part.of(word), type)
          : data.load(DataSource.of(word), type);
    } catch (IllegalArgumentException e) {
      throw new UsageException("--against: " + e.getMessage());
    } catch (IOException e) {
      throw new IOException("--against %s: %s".formatted(word, Explanation.line(e)), e);
    }
  }

  private Examples read(Dataset some) {
    return some.examples().batches(data.batch());
  }

  private Found square(
      TangentKernel description, Dataset rows, MemoryBudget memory, List<String> files)
      throws IOException {
    Optional<Classes> classes = Classes.of(rows);
    try (Progress.Task task = output.progress().start("kernel", rows.size())) {
      TangentKernel kernel = description.on(read(rows)).progress((done, all) -> task.at(done));
      FMatDense stored;
      try {
        stored = kernel.dense();
      } catch (MemoryBudgetException e) {
        return onDisk(kernel, classes, memory, files);
      }
      Npy.write(out, stored.tensor());
      files.add(out.toString());
      return found(stored, "memory", Optional.of(stored.overOutputs()), classes, files);
    }
  }

  private Found onDisk(
      TangentKernel kernel, Optional<Classes> classes, MemoryBudget memory, List<String> files)
      throws IOException {
    if (centred) {
      throw new UserException(
          "--centred: the kernel does not fit in memory, and one on disk cannot be centred; use"
              + " fewer examples, other --outputs or a greater --memory");
    }
    output.progress().say("the kernel does not fit in memory: it goes to " + out);
    try (StoredKernel stored = KernelFile.write(out, kernel)) {
      files.add(out.toString());
      double small = 8.0 * stored.examples() * stored.examples();
      Optional<FMatDense> overOutputs = Optional.empty();
      if (small <= memory.bytes()) {
        overOutputs = Optional.of(stored.overOutputs());
      } else {
        output.progress().say("its numbers over examples do not fit in memory: they are left out");
      }
      return found(stored, "disk", overOutputs, classes, files);
    }
  }

  private Found found(
      FMat kernel,
      String storage,
      Optional<FMatDense> overExamples,
      Optional<Classes> classes,
      List<String> files)
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
      text(sibling(".csv"), NtkText.csv(spectrum.get()), files);
    }
    if (plot) {
      List<Figure> row = new ArrayList<>();
      row.add(NtkFigures.gram("", k.matrix(), classes, classes, NtkFigures.colors(k.matrix())));
      spectrum.map(NtkFigures::spectrum).ifPresent(row::add);
      picture(new Grid(List.of(row)), "", files);
    }
    Optional<List<Double>> components =
        pca ? Optional.of(components(k, classes, files)) : Optional.empty();
    return new Found(facts, spectrum, classes.map(c -> Summary.labels(k, c, ridge)), components);
  }

  private List<Double> components(FMatDense k, Optional<Classes> classes, List<String> files)
      throws IOException {
    try (KernelPca found = KernelPca.of(k, COMPONENTS)) {
      double[][] scores = NtkFigures.scores(found);
      StringBuilder csv = new StringBuilder("example,class,first,second\n");
      for (int i = 0; i < scores[0].length; i++) {
        int example = i;
        String name = classes.map(c -> c.names().get(c.labels().get(example))).orElse("");
        csv.append("%d,%s,%s,%s\n".formatted(i, name, scores[0][i], scores[1][i]));
      }
      text(sibling("-pca.csv"), csv.toString(), files);
      picture(NtkFigures.components("", found, classes), "-pca", files);
      return Arrays.stream(found.explainedVariance()).boxed().toList();
    }
  }

  private Found between(TangentKernel kernel, Dataset rows, Dataset columns, List<String> files)
      throws IOException {
    Optional<Classes> mine = Classes.of(rows);
    Optional<Classes> theirs = Classes.of(columns);
    try (Progress.Task task = output.progress().start("kernel", columns.size())) {
      TangentKernel told = kernel.progress((done, all) -> task.at(Math.min(done, columns.size())));
      CrossFMat cross = told.on(read(rows)).against(read(columns)).dense();
      Tensor elements = cross.toDense();
      Npy.write(out, elements);
      files.add(out.toString());
      Tensor over = elements.diagonal(0, 0, 2).sum(-1);
      if (plot) {
        picture(NtkFigures.gram("", over, mine, theirs, NtkFigures.colors(over)), "", files);
      }
      Optional<Ntk.Labels> labels = Optional.empty();
      if (mine.isPresent() && theirs.isPresent()) {
        FMatDense others = Summary.inDouble(told.on(read(columns)).dense().overOutputs());
        CrossFMat k =
            CrossFMat.of(
                over.to(org.bytedeco.pytorch.global.torch.ScalarType.Double)
                    .unsqueeze(0)
                    .unsqueeze(2));
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

  private static void text(Path file, String text, List<String> files) throws IOException {
    OutputFiles.text(file, text);
    files.add(file.toString());
  }

  private void picture(Figure figure, String name, List<String> files) throws IOException {
    OutputFiles.figure(sibling(name), figure).forEach(file -> files.add(file.toString()));
  }

  private void report(
      Stopwatch watch, Map<String, Object> settings, Found found, List<String> files)
      throws IOException {
    Path json = sibling(".json");
    files.add(json.toString());
    Ntk results =
        new Ntk(
            Ntk.FORMAT,
            Machine.commandLine(spec),
            watch.seconds(),
            settings,
            Machine.facts(),
            Machine.versions(),
            found.kernel(),
            found.spectrum(),
            found.labels(),
            found.components(),
            files);
    OutputFiles.text(json, Json.of(results) + "\n");
    output.print(output.json() ? Json.of(results) : new NtkText(results).toString());
  }
}
