package io.nngeometry.cli;

import io.nngeometry.cli.compare.Stopwatch;
import io.nngeometry.cli.console.Progress;
import io.nngeometry.cli.solve.Solve;
import io.nngeometry.cli.solve.SolveText;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Representation;
import io.nngeometry.io.Safetensors;
import io.nngeometry.linalg.ConjugateGradient;
import io.nngeometry.linalg.IndefiniteOperatorException;
import io.nngeometry.linalg.LinearOperator;
import io.nngeometry.linalg.Monitor;
import io.nngeometry.linalg.NystromPreconditioner;
import io.nngeometry.linalg.Solution;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.PMat;
import io.nngeometry.operators.Preconditioner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A solve with a network's Fisher matrix or Hessian. */
@Command(
    name = "solve",
    description =
        "Solves (M + lambda I) x = v by preconditioned conjugate gradients, for the implicit Fisher"
            + " matrix or Hessian M of a network, which is trained first if it is given by name"
            + " alone. Writes x as 'result' of result.safetensors, solve.json, solve.csv, and the residual against"
            + " the products as residuals.png and .svg.",
    sortOptions = false,
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    footer = {
      "",
      "Examples:",
      "  nngeometry solve",
      "  nngeometry solve --compare --damping 1e-2",
      "  nngeometry solve --preconditioner nystrom --rank 100 --vector random:7",
      "  nngeometry solve --model net.pt2 --data safetensors:net.safetensors",
      "  nngeometry solve --vector solve/result.safetensors:result --out twice"
    })
final class SolveCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--vector",
      paramLabel = "V",
      defaultValue = "gradient",
      converter = Vectors.class,
      description =
          "gradient of the mean loss, the negative log-likelihood of --metric, random:SEED, or FILE[:KEY] in safetensors form."
              + " Default: ${DEFAULT-VALUE}.")
  private RightHandSide vector;

  @Option(
      names = "--damping",
      paramLabel = "LAMBDA",
      defaultValue = "1e-3",
      description = "lambda, added to the diagonal. Default: ${DEFAULT-VALUE}.")
  private double damping;

  @Option(
      names = "--preconditioner",
      paramLabel = "NAME",
      defaultValue = "none",
      description =
          "none, diag, kfac or ekfac (of the Fisher matrix, damped alike), or nystrom; --compare"
              + " tells whether it pays. Default: ${DEFAULT-VALUE}.")
  private PreconditionerKind preconditioner;

  @Option(
      names = "--rank",
      paramLabel = "R",
      defaultValue = "50",
      description = "Of --preconditioner nystrom. Default: ${DEFAULT-VALUE}.")
  private int rank;

  @Option(
      names = "--tolerance",
      paramLabel = "T",
      description =
          "Relative residual at which to stop. Default: 1e-8, or 1e-4 with --dtype float32.")
  private @Nullable Double tolerance;

  @Option(
      names = "--max-products",
      paramLabel = "N",
      defaultValue = "1000",
      description =
          "Iterations at the most, a product each; looks at the true residual come besides."
              + " Default: ${DEFAULT-VALUE}.")
  private int maxProducts;

  @Option(
      names = "--compare",
      description = "Solve without preconditioner too, and draw both in one picture.")
  private boolean compare;

  @Mixin private MatrixOptions matrix;
  @Mixin private OutputOptions output;

  /** Reads the name of a right-hand side. */
  static final class Vectors implements ITypeConverter<RightHandSide> {
    @Override
    public RightHandSide convert(String word) {
      return RightHandSide.of(word);
    }
  }

  /** A solution and what is to be said of it. */
  private record Solved(Tensor x, Solve.Run run) {}

  @Override
  public Integer call() throws IOException {
    Stopwatch watch = Stopwatch.start();
    Check check = new Check(spec.commandLine());
    check.positive("--damping", damping);
    check.atLeast("--rank", rank, 1);
    check.atLeast("--max-products", maxProducts, 1);
    double target =
        check.positive(
            "--tolerance",
            Objects.requireNonNullElse(
                tolerance, matrix.dtype() == FloatType.FLOAT64 ? 1e-8 : 1e-4));
    Map<String, Object> own = new LinkedHashMap<>();
    own.put("vector", vector.toString());
    own.put("damping", damping);
    own.put("preconditioner", preconditioner.toString());
    if (preconditioner == PreconditionerKind.NYSTROM) {
      own.put("rank", rank);
    }
    own.put("tolerance", target);
    own.put("max-products", maxProducts);
    own.put("compare", compare);
    return matrix.run(
        output,
        own,
        new MatrixOptions.Work() {
          @Override
          public void check(long parameters) {
            if (preconditioner == PreconditionerKind.NYSTROM) {
              check.between("--rank", rank, 1, parameters);
            }
          }

          @Override
          public String in(Session session) throws IOException {
            return results(session, watch, target);
          }
        });
  }

  private String results(Session session, Stopwatch watch, double target) throws IOException {
    Tensor v = vector.rows(session);
    double norm = Tensors.item(v.norm());
    if (norm == 0) {
      throw new UserException("--vector: the vector is zero, and so is the solution");
    }
    try (PMat m = session.matrix(Representation.IMPLICIT)) {
      ConjugateGradient method = new ConjugateGradient(target, maxProducts);
      List<Solved> solved = new ArrayList<>();
      solved.add(solve(session, m, v, method, preconditioner));
      if (compare && preconditioner != PreconditionerKind.NONE) {
        solved.add(solve(session, m, v, method, PreconditionerKind.NONE));
      }
      Solve results =
          new Solve(
              Solve.FORMAT,
              matrix.commandLine(),
              watch.seconds(),
              session.settings(),
              Machine.facts(),
              Machine.versions(),
              session.subject().facts(),
              m.size(),
              session.examples().size(),
              norm,
              solved.stream().map(Solved::run).toList());
      return written(results, solved.get(0).x(), session.folder());
    } catch (IndefiniteOperatorException e) {
      throw new UserException(
          "--damping %s: the damped %s is not positive definite, and conjugate gradients need that; raise --damping"
              .formatted(damping, matrix.kind()),
          e);
    }
  }

  private Solved solve(
      Session session, PMat m, Tensor v, ConjugateGradient method, PreconditionerKind kind) {
    Representation representation = kind.representation();
    if (representation != null) {
      try (PMat approximation = session.fisher(representation)) {
        LinearOperator inverse = Preconditioner.of(approximation, Damping.tikhonov(damping));
        return solve(session, m, v, method.preconditioned(inverse), kind, 0);
      }
    }
    if (kind == PreconditionerKind.NYSTROM) {
      try (NystromPreconditioner inverse =
          NystromPreconditioner.of(m, rank, damping, session.options())) {
        return solve(session, m, v, method.preconditioned(inverse), kind, inverse.products());
      }
    }
    return solve(session, m, v, method, kind, 0);
  }

  private Solved solve(
      Session session,
      PMat m,
      Tensor v,
      ConjugateGradient method,
      PreconditionerKind kind,
      long preparation) {
    String stage = kind.toString();
    Map<String, Tensor> left = session.checkpoint().left(stage);
    List<Double> residuals = new ArrayList<>(left.isEmpty() ? List.of() : history(left));
    int before = residuals.size();
    try (Progress.Task task = session.progress().start("solving, " + kind, maxProducts)) {
      Map<String, Tensor> end =
          session
              .checkpoint()
              .stage(
                  stage,
                  task,
                  () -> Map.of("residuals", tensor(residuals)),
                  monitor -> {
                    Stopwatch watch = Stopwatch.start();
                    Solution solution =
                        method.monitored(noting(residuals, monitor)).solve(m, v, damping);
                    double seconds = watch.seconds() / Math.max(1, residuals.size() - before);
                    double[] facts = {
                      before + solution.products(),
                      solution.relativeResidual(),
                      solution.converged() ? 1 : 0,
                      seconds
                    };
                    return Map.of(
                        "x", solution.x(),
                        "residuals", tensor(residuals),
                        "facts", Tensors.of(facts, facts.length));
                  });
      double[] facts = Tensors.toArray(Objects.requireNonNull(end.get("facts")));
      Tensor x = Objects.requireNonNull(end.get("x"));
      List<Double> all = history(end);
      return new Solved(
          x,
          new Solve.Run(
              kind.toString(),
              all.size(),
              preparation + (long) facts[0],
              preparation,
              facts[1],
              facts[2] == 1,
              Tensors.item(x.norm()),
              facts[3],
              all));
    }
  }

  /** Keeps the residual of every iteration, before the state is saved with them. */
  private static Monitor noting(List<Double> residuals, Monitor monitor) {
    Monitor noting =
        now -> {
          residuals.add(now.residual());
          monitor.report(now);
        };
    return monitor.resumed().isEmpty() ? noting : noting.resuming(monitor.resumed());
  }

  private static List<Double> history(Map<String, Tensor> left) {
    return Arrays.stream(Tensors.toArray(Objects.requireNonNull(left.get("residuals"))))
        .boxed()
        .toList();
  }

  private static Tensor tensor(List<Double> numbers) {
    return Tensors.of(numbers.stream().mapToDouble(x -> x).toArray(), numbers.size());
  }

  private String written(Solve results, Tensor x, Path folder) throws IOException {
    Safetensors.write(
        folder.resolve("result.safetensors"),
        Map.of("result", x.squeeze(0)),
        Map.of("format", "nngeometry-vector", "version", "1"));
    SolveText text = new SolveText(results);
    OutputFiles.text(folder.resolve("solve.json"), Json.of(results) + "\n");
    OutputFiles.text(folder.resolve("solve.csv"), text.csv());
    OutputFiles.figure(folder.resolve("residuals"), text.figure());
    for (Solve.Run run : results.solves()) {
      if (!run.converged()) {
        spec.commandLine()
            .getErr()
            .printf(
                "not converged with --preconditioner %s: raise --max-products, --tolerance or --damping%n",
                run.preconditioner());
      }
    }
    return output.json()
        ? Json.of(results)
        : String.join(
            System.lineSeparator(),
            text.toString(),
            "solution: " + folder.resolve("result.safetensors"),
            "figure: " + folder.resolve("residuals.png"));
  }
}
