package io.nngeometry.cli;

import io.nngeometry.cli.console.Numbers;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.MemoryBudget;
import io.nngeometry.fisher.Representation;
import io.nngeometry.io.CorruptFileException;
import io.nngeometry.io.OperatorFile;
import io.nngeometry.io.Safetensors;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.PMat;
import io.nngeometry.operators.SingularBlockException;
import io.nngeometry.vectors.PVector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** One operation with a matrix. */
@Command(
    name = "op",
    description = {
      "Asks one thing of a matrix: of a file that fim or hessian wrote, or of a network and data,"
          + " whose matrix is implicit unless --representation says else.",
      "  trace, norm (Frobenius), quadratic-form (v^T M v): a number",
      "  diag, mv (M v), solve ((M + lambda I)^-1 v), inverse-mv (the same by the inverse"
          + " as a matrix, where there is one): (d)",
      "  dense: all elements, (d, d)",
      "Numbers are printed; tensors, and numbers with --out, are written as 'result' in"
          + " safetensors form."
    },
    sortOptions = false,
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    footer = {
      "",
      "Examples:",
      "  nngeometry op F.safetensors trace",
      "  nngeometry op F.safetensors mv --vector v.safetensors --out r.safetensors",
      "  nngeometry op F.safetensors solve --vector v.safetensors:g --damping 1e-2",
      "  nngeometry op trace --model net.pt2 --data npz:x.npz --metric gaussian"
    })
final class OpCommand implements Callable<Integer> {
  private static final String KEY = "result";

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "1..2",
      paramLabel = "[FILE] OPERATION",
      description =
          "FILE of the matrix; trace, norm, diag, mv, quadratic-form, solve, inverse-mv or dense.")
  private List<String> words;

  @Option(
      names = "--vector",
      paramLabel = "FILE[:KEY]",
      converter = Vectors.class,
      description = "v, d numbers in safetensors form; the KEY may be left out of a file with one.")
  private @Nullable VectorFile vector;

  @Option(
      names = "--damping",
      paramLabel = "LAMBDA",
      description = "lambda of solve and inverse-mv; 0 if the matrix is regular.")
  private @Nullable Double damping;

  @Option(
      names = "--damping-kind",
      paramLabel = "KIND",
      defaultValue = "tikhonov",
      description =
          "tikhonov: (M + lambda I)^-1. factored: lambda split between Kronecker factors. truncated:"
              + " the pseudo-inverse without eigenvalues up to lambda times the greatest. Default:"
              + " ${DEFAULT-VALUE}.")
  private DampingKind dampingKind;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "File of the result. Default of tensors: result.safetensors.")
  private @Nullable Path out;

  @Option(
      names = "--representation",
      paramLabel = "NAME",
      converter = Names.Any.class,
      description =
          "Without FILE: implicit, or what is to be stored meanwhile: dense, kfac, … Default:"
              + " implicit.")
  private @Nullable Representation representation;

  @Option(
      names = "--of",
      paramLabel = "MATRIX",
      defaultValue = "fisher",
      description = "Without FILE: fisher, or hessian of the mean loss. Default: ${DEFAULT-VALUE}.")
  private MatrixKind kind;

  @Mixin private FisherOptions fisher;
  @Mixin private ModelOptions model;
  @Mixin private DataOptions data;
  @Mixin private LimitOptions limits;
  @Mixin private OutputOptions output;

  /** Reads the name of a vector. */
  static final class Vectors implements ITypeConverter<VectorFile> {
    @Override
    public VectorFile convert(String word) {
      return VectorFile.of(word);
    }
  }

  /**
   * What is said of it.
   *
   * @param operation what was asked
   * @param representation of what
   * @param parameters of the network, d
   * @param value the result, if it is a number
   * @param shape of the result
   * @param norm of the result
   * @param file where it is, if it was written
   */
  record Report(
      String operation,
      String representation,
      long parameters,
      Optional<Double> value,
      List<Long> shape,
      double norm,
      Optional<String> file) {

    @Override
    public String toString() {
      return value
          .map(v -> Double.toString(v))
          .orElseGet(
              () ->
                  "%s of a %s matrix: %s, norm %s, in %s"
                      .formatted(
                          operation,
                          representation,
                          shape,
                          Numbers.error(norm),
                          file.orElseThrow()));
    }
  }

  @Override
  public Integer call() throws IOException {
    Operation operation = Operation.named(words.get(words.size() - 1));
    operation.check(vector != null, damping != null);
    Optional<Damping> how = damping();
    new MatrixSource(model, data, fisher, limits, kind).check();
    Optional<Path> target =
        Optional.ofNullable(out)
            .or(
                () ->
                    operation.isNumber()
                        ? Optional.empty()
                        : Optional.of(Path.of(KEY + ".safetensors")));
    if (target.isPresent()) {
      OutputFiles.file("--out", target.get());
    }
    output.startEngine();
    try (Scope scope = Scope.open()) {
      Optional<Path> file =
          words.size() == 2 ? Optional.of(Path.of(words.get(0))) : Optional.empty();
      Optional<MatrixSource> source = file.isPresent() ? described(file.get()) : Optional.of(own());
      if (source.isEmpty()) {
        try (PMat m = OperatorFile.read(file.orElseThrow())) {
          answer(operation, m, how, target);
        }
      } else {
        try (MatrixSource.Opened opened = source.get().open();
            PMat m = opened.as(List.of(form(source.get())), output.progress()).get(0)) {
          answer(operation, m, how, target);
        }
      }
    } catch (CorruptFileException e) {
      throw new UserException(e.getMessage() + "; 'nngeometry fim' writes matrices", e);
    }
    return 0;
  }

  private Optional<Damping> damping() {
    if (damping == null) {
      return Optional.empty();
    }
    double lambda = new Check(spec.commandLine()).notNegative("--damping", damping);
    try {
      return Optional.of(dampingKind.of(lambda));
    } catch (IllegalArgumentException e) {
      throw new UsageException("--damping: " + e.getMessage());
    }
  }

  /** The matrix that the options alone describe. */
  private MatrixSource own() {
    if (!model.given()) {
      throw new UsageException(
          "no matrix is named: give its FILE before the operation, or --model and --data");
    }
    return new MatrixSource(model, data, fisher, limits, kind);
  }

  private Representation form(MatrixSource source) {
    Representation form = representation == null ? Representation.IMPLICIT : representation;
    source.kind().check(form);
    return form;
  }

  /** The matrix that {@code file} describes without storing it, if it does. */
  private Optional<MatrixSource> described(Path file) throws IOException {
    InputFiles.readable(file.toString(), file, "fim");
    List<String> given = StoredSource.given(spec.commandLine());
    Optional<MatrixSource> source = StoredSource.read(file, given);
    List<String> needless = given.stream().filter(word -> !word.startsWith("--memory")).toList();
    if (source.isEmpty() && !(needless.isEmpty() && representation == null)) {
      throw new UsageException(
          "%s: the matrix of %s is stored; only an implicit one takes it"
              .formatted(
                  needless.isEmpty() ? "--representation" : needless.get(0).split("=", 2)[0],
                  file));
    }
    return source;
  }

  private void answer(Operation operation, PMat m, Optional<Damping> how, Optional<Path> target)
      throws IOException {
    Tensor like = m.layers().slots().get(0).parameter().tensor();
    ScalarType type = Tensors.type(like);
    if (operation == Operation.DENSE) {
      double bytes = (double) m.size() * m.size() * like.element_size();
      if (bytes > limits.memory().bytes()) {
        throw new UserException(
            "--memory: all elements take %s, more than the budget of %s: mv and diag take less"
                .formatted(MemoryBudget.human(bytes), MemoryBudget.human(limits.memory().bytes())));
      }
    }
    Optional<PVector> v =
        vector == null
            ? Optional.empty()
            : Optional.of(PVector.of(m.layers(), vector.row(m.size(), type).squeeze(0)));
    Tensor result;
    try {
      result = operation.of(m, new Operation.Inputs(v, how));
    } catch (SingularBlockException e) {
      throw new UserException("--damping: " + e.getMessage(), e);
    }
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("operation", operation.toString());
    facts.put("representation", m.representation());
    if (target.isPresent()) {
      Safetensors.write(target.get(), Map.of(KEY, result), facts);
    }
    Report report =
        new Report(
            operation.toString(),
            m.representation(),
            m.size(),
            operation.isNumber() ? Optional.of(Tensors.item(result)) : Optional.empty(),
            Arrays.stream(Tensors.shape(result)).boxed().toList(),
            Tensors.item(result.norm()),
            target.map(Path::toString));
    output.print(output.json() ? Json.of(report) : report.toString());
  }
}
