package io.nngeometry.cli;

import io.nngeometry.cli.compare.Stopwatch;
import io.nngeometry.cli.console.Progress;
import io.nngeometry.cli.ntk.Classes;
import io.nngeometry.cli.ntk.Ntk;
import io.nngeometry.cli.ntk.NtkText;
import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.fisher.MemoryBudget;
import io.nngeometry.fisher.MemoryBudgetException;
import io.nngeometry.fisher.TangentKernel;
import io.nngeometry.io.KernelFile;
import io.nngeometry.io.StoredKernel;
import io.nngeometry.models.data.DataSource;
import io.nngeometry.models.data.Dataset;
import io.nngeometry.models.data.Part;
import io.nngeometry.operators.CrossFMat;
import io.nngeometry.operators.FMatDense;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
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
    NtkFiles files = new NtkFiles(out, plot, pca, ridge);
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
      NtkFiles.Found found;
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

  private NtkFiles.Found square(
      TangentKernel description, Dataset rows, MemoryBudget memory, NtkFiles files)
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
      files.kernel(stored.tensor());
      return files.square(stored, "memory", Optional.of(stored.overOutputs()), classes);
    }
  }

  private NtkFiles.Found onDisk(
      TangentKernel kernel, Optional<Classes> classes, MemoryBudget memory, NtkFiles files)
      throws IOException {
    if (centred) {
      throw new UserException(
          "--centred: the kernel does not fit in memory, and one on disk cannot be centred; use"
              + " fewer examples, other --outputs or a greater --memory");
    }
    output.progress().say("the kernel does not fit in memory: it goes to " + out);
    try (StoredKernel stored = KernelFile.write(out, kernel)) {
      files.kernel();
      double small = 8.0 * stored.examples() * stored.examples();
      Optional<FMatDense> overOutputs = Optional.empty();
      if (small <= memory.bytes()) {
        overOutputs = Optional.of(stored.overOutputs());
      } else {
        output.progress().say("its numbers over examples do not fit in memory: they are left out");
      }
      return files.square(stored, "disk", overOutputs, classes);
    }
  }

  private NtkFiles.Found between(
      TangentKernel kernel, Dataset rows, Dataset columns, NtkFiles files) throws IOException {
    Optional<Classes> mine = Classes.of(rows);
    Optional<Classes> theirs = Classes.of(columns);
    try (Progress.Task task = output.progress().start("kernel", columns.size())) {
      TangentKernel told = kernel.progress((done, all) -> task.at(Math.min(done, columns.size())));
      CrossFMat cross = told.on(read(rows)).against(read(columns)).dense();
      Tensor elements = cross.toDense();
      files.kernel(elements);
      return files.between(
          elements, mine, theirs, () -> told.on(read(columns)).dense().overOutputs());
    }
  }

  private void report(
      Stopwatch watch, Map<String, Object> settings, NtkFiles.Found found, NtkFiles files)
      throws IOException {
    Ntk results = files.report(found, Machine.commandLine(spec), watch.seconds(), settings);
    output.print(output.json() ? Json.of(results) : new NtkText(results).toString());
  }
}
