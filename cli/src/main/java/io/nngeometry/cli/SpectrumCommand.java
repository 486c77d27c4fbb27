package io.nngeometry.cli;

import io.nngeometry.cli.compare.Stopwatch;
import io.nngeometry.cli.console.Progress;
import io.nngeometry.cli.spectrum.Density;
import io.nngeometry.cli.spectrum.Spectrum;
import io.nngeometry.cli.spectrum.SpectrumFigure;
import io.nngeometry.cli.spectrum.SpectrumText;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Representation;
import io.nngeometry.linalg.Eigenpairs;
import io.nngeometry.linalg.IndefiniteOperatorException;
import io.nngeometry.linalg.Lanczos;
import io.nngeometry.linalg.Monitor;
import io.nngeometry.linalg.Slq;
import io.nngeometry.linalg.SpectralDensity;
import io.nngeometry.operators.PMat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Eigenvalues of a network's Fisher matrix or Hessian. */
@Command(
    name = "spectrum",
    description =
        "Finds the eigenvalues of the Fisher matrix or the Hessian of a network, which is trained"
            + " first if it is given by name alone: the greatest ones by Lanczos iterations; the density of"
            + " all, the trace and the log-determinant by stochastic Lanczos quadrature, with"
            + " standard errors. By products alone, unless another representation is asked for."
            + " Writes spectrum.json, .csv, .png and .svg.",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    footer = {
      "",
      "Examples:",
      "  nngeometry spectrum",
      "  nngeometry spectrum --of hessian --top 20 --out hessian",
      "  nngeometry spectrum --representation kfac --probes 20 --json",
      "  nngeometry spectrum --model net.pt2 --data safetensors:net.safetensors",
      "  nngeometry spectrum --resume    (after Ctrl-C)"
    })
final class SpectrumCommand implements Callable<Integer> {
  private static final int PROBES = 10;
  private static final int STEPS = 50;
  private static final int QUICK_PROBES = 10;
  private static final int QUICK_STEPS = 30;

  @Spec private CommandSpec spec;

  @Option(
      names = "--representation",
      paramLabel = "NAME",
      defaultValue = "implicit",
      converter = Names.Any.class,
      description =
          "implicit, or what is to be stored: dense, block-diag, kfac, … Default: ${DEFAULT-VALUE}.")
  private Representation representation;

  @Option(
      names = "--top",
      paramLabel = "K",
      defaultValue = "10",
      description = "How many of the greatest eigenvalues. Default: ${DEFAULT-VALUE}.")
  private int top;

  @Option(
      names = "--probes",
      paramLabel = "P",
      description = "Random vectors of the quadrature. Default: 10.")
  private @Nullable Integer probes;

  @Option(
      names = "--steps",
      paramLabel = "S",
      description = "Lanczos steps, each a product, along every one of them. Default: 50.")
  private @Nullable Integer steps;

  @Option(
      names = "--damping",
      paramLabel = "LAMBDA",
      defaultValue = "1e-3",
      description = "Of the log-determinant, log det (M + LAMBDA I). Default: ${DEFAULT-VALUE}.")
  private double damping;

  @Mixin private MatrixOptions matrix;
  @Mixin private OutputOptions output;

  @Override
  public Integer call() throws IOException {
    Stopwatch watch = Stopwatch.start();
    Check check = new Check(spec.commandLine());
    check.atLeast("--top", top, 1);
    check.atLeast("--probes", probes == null ? 1 : probes, 1);
    check.atLeast("--steps", steps == null ? 1 : steps, 1);
    check.positive("--damping", damping);
    matrix.kind().check(representation);
    Map<String, Object> own = new LinkedHashMap<>();
    own.put("representation", representation.name());
    own.put("top", top);
    own.put("probes", probes());
    own.put("steps", steps());
    own.put("damping", damping);
    return matrix.run(
        output,
        own,
        new MatrixOptions.Work() {
          @Override
          public void check(long parameters) {
            check.between("--top", top, 1, parameters);
          }

          @Override
          public String in(Session session) throws IOException {
            return results(session, watch);
          }
        });
  }

  private int probes() {
    return Objects.requireNonNullElse(probes, matrix.quick() ? QUICK_PROBES : PROBES);
  }

  private int steps() {
    return Objects.requireNonNullElse(steps, matrix.quick() ? QUICK_STEPS : STEPS);
  }

  private String results(Session session, Stopwatch watch) throws IOException {
    try (PMat m = session.matrix(representation)) {
      Spectrum.Top greatest = greatest(session, m);
      SpectralDensity density = density(session, m);
      Spectrum results =
          new Spectrum(
              Spectrum.FORMAT,
              matrix.commandLine(),
              watch.seconds(),
              session.settings(),
              Machine.facts(),
              Machine.versions(),
              session.subject().facts(),
              new Spectrum.Matrix(
                  matrix.kind().toString(),
                  representation.name(),
                  m.size(),
                  session.examples().size()),
              greatest,
              Spectrum.Number.of(density.trace(x -> x)),
              logDeterminant(density),
              Density.of(density, matrix.dtype() == FloatType.FLOAT64));
      return written(results, session.folder());
    }
  }

  private Optional<Spectrum.Number> logDeterminant(SpectralDensity density) {
    try {
      return Optional.of(Spectrum.Number.of(density.logDeterminant(damping)));
    } catch (IndefiniteOperatorException e) {
      return Optional.empty(); // as a Hessian's may be
    }
  }

  private Spectrum.Top greatest(Session session, PMat m) {
    ScalarType type = matrix.dtype().type();
    Lanczos base = Lanczos.of(type);
    Lanczos method =
        new Lanczos(base.tolerance(), base.maxIterations(), 0, matrix.seed(), Monitor.SILENT);
    try (Progress.Task task =
        session.progress().start("greatest eigenvalues", method.maxIterations())) {
      Map<String, Tensor> found =
          session
              .checkpoint()
              .stage(
                  "eigenvalues",
                  task,
                  Map::of,
                  monitor -> {
                    Eigenpairs pairs =
                        method
                            .monitored(monitor)
                            .eigenpairs(m, top, Lanczos.Which.LARGEST, session.options());
                    return Map.of(
                        "values", pairs.values(),
                        "residuals", pairs.residuals(),
                        "end",
                            Tensors.of(
                                new long[] {pairs.products(), pairs.converged() ? 1 : 0}, 2));
                  });
      long[] end = Tensors.toLongArray(Objects.requireNonNull(found.get("end")));
      return new Spectrum.Top(
          numbers(found, "values"), numbers(found, "residuals"), end[0], end[1] == 1);
    }
  }

  private static List<Double> numbers(Map<String, Tensor> found, String name) {
    return Arrays.stream(Tensors.toArray(Objects.requireNonNull(found.get(name)))).boxed().toList();
  }

  private SpectralDensity density(Session session, PMat m) {
    Slq method = Slq.of(probes(), steps(), matrix.seed());
    SpectralDensity[] found = new SpectralDensity[1];
    try (Scope scope = Scope.open();
        Progress.Task task = session.progress().start("density", method.effort().products())) {
      session
          .checkpoint()
          .stage(
              "density",
              task,
              Map::of,
              monitor -> {
                found[0] = method.monitored(monitor).density(m, session.options());
                return Map.of();
              });
      return found[0];
    }
  }

  private String written(Spectrum results, Path folder) throws IOException {
    SpectrumText text = new SpectrumText(results);
    OutputFiles.text(folder.resolve("spectrum.json"), Json.of(results) + "\n");
    OutputFiles.text(folder.resolve("spectrum.csv"), text.csv());
    OutputFiles.figure(folder.resolve("spectrum"), SpectrumFigure.of(results));
    return output.json()
        ? Json.of(results)
        : String.join(
            System.lineSeparator(), text.toString(), "figure: " + folder.resolve("spectrum.png"));
  }
}
