package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Estimator;
import io.nngeometry.fisher.Fisher;
import io.nngeometry.fisher.Metric;
import io.nngeometry.fisher.Representation;
import io.nngeometry.io.OperatorFile;
import io.nngeometry.io.Safetensors;
import io.nngeometry.io.TensorFile;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.PMat;
import io.nngeometry.vectors.PVector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The commands fim, op, jacobian and hessian on every golden program and the file beside it: their
 * files hold what the golden files and the library say.
 */
class CommandsGoldenTest {
  private static final double FIRST_ORDER = 1e-10;
  private static final double REFERENCE = 1e-9;
  private static final double SOLVE = 1e-8;
  private static final List<String> STORED =
      List.of("dense", "diag", "block-diag", "quasi-diag", "kfac", "ekfac", "low-rank");

  /** The golden files' names of representations. */
  private static final Map<String, String> REFERENCES =
      Map.of(
          "diag", "Diag",
          "block-diag", "BlockDiag",
          "quasi-diag", "QuasiDiag",
          "kfac", "KFAC",
          "low-rank", "LowRank",
          "ekfac", "EKFAC.updated");

  /** Operations without damping, and the golden files' names of them. */
  private static final Map<String, String> FORWARD =
      Map.of(
          "trace", "trace",
          "norm", "norm_fro",
          "diag", "diag",
          "mv", "mv",
          "quadratic-form", "vTMv",
          "dense", "to_torch");

  @TempDir Path directory;

  static List<String> nets() {
    return Golden.names();
  }

  /** {@code command} about a golden net. */
  private static List<String> about(Golden golden, String... words) {
    List<String> all = new ArrayList<>(List.of(words));
    all.addAll(
        List.of(
            "--model=" + golden.programFile(),
            "--data=safetensors:" + golden.dataFile(),
            "--dtype=float64",
            "--batch=3"));
    return all;
  }

  private Path file(String name) {
    return directory.resolve(name + ".safetensors");
  }

  private static Tensor tensor(Path file, String key) throws IOException {
    try (TensorFile content = Safetensors.read(file)) {
      return content.get(key).clone();
    }
  }

  private static void same(String what, Tensor actual, Tensor expected, double tolerance) {
    Calculus.assertClose(what, actual, expected, tolerance);
  }

  /** The result of an operation with a matrix that {@code matrix} names. */
  private Tensor op(Golden golden, String operation, List<String> matrix) throws IOException {
    List<String> words = new ArrayList<>(List.of("op"));
    boolean filed = matrix.size() == 1;
    words.addAll(filed ? matrix : List.of());
    words.add(operation);
    words.addAll(filed ? List.of() : matrix);
    if (operation.matches("mv|quadratic-form|solve|inverse-mv")) {
      words.add("--vector=" + golden.dataFile() + ":v");
    }
    if (operation.matches("solve|inverse-mv")) {
      words.add("--damping=" + Golden.LAMBDA);
    }
    words.add("--out=" + file("r"));
    Command ran = Command.run(words).well();
    Tensor result = tensor(file("r"), "result");
    if (result.dim() == 0) {
      // a script reads the number itself
      assertThat(Double.parseDouble(ran.out().strip())).isEqualTo(Tensors.item(result));
    }
    return result;
  }

  private static String kind(Golden golden) {
    return golden.classification() == Metric.bernoulli() ? "bernoulli" : "categorical";
  }

  private static String variant(Golden golden) {
    return golden.outputs() == 1 ? "classif_binary_logits" : "classif_logits";
  }

  /** What every operation should give of a matrix of the library's. */
  private static Tensor right(PMat m, String operation, PVector v) {
    return switch (operation) {
      case "trace" -> Calculus.number(m.trace());
      case "norm" -> Calculus.number(m.frobeniusNorm());
      case "diag" -> m.diagonal().tensor();
      case "mv" -> m.mv(v).tensor();
      case "quadratic-form" -> Calculus.number(m.quadraticForm(v));
      case "dense" -> m.toDense();
      case "solve", "inverse-mv" -> m.solve(v, Damping.tikhonov(Golden.LAMBDA)).tensor();
      default -> throw new IllegalArgumentException(operation);
    };
  }

  @ParameterizedTest
  @MethodSource("nets")
  void filesHoldTheMatricesThatTheLibraryComputes(String name) throws IOException {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      GoldenNet net = golden.net();
      LayerCollection layers = LayerCollection.of(net);
      PVector v = PVector.of(layers, golden.input("v"));
      for (String metric : List.of(kind(golden), "gaussian")) {
        boolean regression = metric.equals("gaussian");
        String truth = regression ? "truth.fisher_regression" : "truth.fisher_classif";
        List<String> command = about(golden, "fim", "--metric=" + metric, "--out=" + file(metric));
        command.add("--representation=" + String.join(",", STORED));
        assertThat(Command.run(command).well().out()).contains(STORED);
        Fisher fisher =
            Fisher.of(net, regression ? Metric.gaussian() : golden.classification())
                .on(golden.examples());
        for (String form : STORED) {
          Path file = file(metric + "-" + form);
          try (PMat mine = fisher.as(Representation.of(form));
              PMat read = OperatorFile.read(file)) {
            String what = name + " " + metric + " " + form + " ";
            assertThat(read.layers()).isEqualTo(layers);
            assertThat(read.representation()).isEqualTo(form);
            for (String operation : regression ? Set.of("dense", "mv") : FORWARD.keySet()) {
              Tensor result = op(golden, operation, List.of(file.toString()));
              same(what + operation, result, right(mine, operation, v), FIRST_ORDER);
              String suffix = operation.equals("dense") ? "" : "." + FORWARD.get(operation);
              boolean exact = form.equals("dense") || form.equals("low-rank");
              if (exact && golden.has(truth + suffix)) {
                Tensor expected = golden.expected(truth + suffix);
                same(what + operation + " truth", result, expected, FIRST_ORDER);
              }
              String variant = regression ? "regression" : variant(golden);
              String key =
                  "upstream.%s.%s.%s"
                      .formatted(variant, REFERENCES.get(form), FORWARD.get(operation));
              if (golden.has(key) && golden.right(key).isPresent()) {
                same(key, result, golden.right(key).get(), REFERENCE);
              }
            }
            if (form.equals("diag")) {
              same(what, read.diagonal().tensor(), golden.expected(truth + ".diag"), FIRST_ORDER);
            }
            if (mine.smallestEigenvalue() + Golden.LAMBDA > 1e-6) {
              for (String operation : List.of("solve", "inverse-mv")) {
                Tensor result = op(golden, operation, List.of(file.toString()));
                same(what + operation, result, right(mine, operation, v), SOLVE);
                if (form.equals("dense") || form.equals("low-rank")) {
                  same(what + operation, result, golden.expected(truth + ".solve"), SOLVE);
                }
              }
            } else {
              // quasi-diagonal matrices need not be positive
              Command refused =
                  Command.run(
                      "op",
                      file.toString(),
                      "solve",
                      "--vector=" + golden.dataFile() + ":v",
                      "--damping=" + Golden.LAMBDA,
                      "--out=" + file("none"));
              assertThat(form).isEqualTo("quasi-diag");
              assertThat(refused.exitCode()).isEqualTo(1);
              assertThat(refused.complaint()).contains("--damping", "layer");
            }
          }
        }
        blocks(golden, layers, metric);
      }
    }
  }

  /** The blocks of the exact matrix, and nothing beside them. */
  private void blocks(Golden golden, LayerCollection layers, String metric) throws IOException {
    try (PMat dense = OperatorFile.read(file(metric + "-dense"));
        PMat blocks = OperatorFile.read(file(metric + "-block-diag"))) {
      Tensor whole = dense.toDense();
      Tensor expected = Tensors.zeros(whole, layers.size(), layers.size());
      for (Layer l : layers.layers()) {
        l.of(l.of(expected.t()).t()).copy_(l.of(l.of(whole.t()).t()));
      }
      same(golden.name(), blocks.toDense(), expected, FIRST_ORDER);
    }
  }

  @ParameterizedTest
  @MethodSource("nets")
  void implicitMatricesAnswerFromTheirOptions(String name) throws IOException {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      String metric = "--metric=" + kind(golden);
      Command.run(about(golden, "fim", metric, "--representation=implicit", "--out=" + file("I")))
          .well();
      List<String> options = about(golden, metric);
      for (String operation : List.of("trace", "diag", "mv", "quadratic-form", "solve", "norm")) {
        String key = "truth.fisher_classif." + FORWARD.getOrDefault(operation, "solve");
        double tolerance = operation.equals("solve") ? SOLVE : FIRST_ORDER;
        Tensor result = op(golden, operation, options);
        same(key, result, golden.expected(key), tolerance);
      }
      Tensor filed = op(golden, "mv", List.of(file("I").toString()));
      same("file", filed, golden.expected("truth.fisher_classif.mv"), FIRST_ORDER);
    }
  }

  @ParameterizedTest
  @MethodSource("nets")
  void ekfacRefreshedWithTheSameDataIsItself(String name) throws IOException {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      String metric = "--metric=" + kind(golden);
      List<String> made =
          about(golden, "fim", metric, "--representation=ekfac", "--out=" + file("E"));
      List<String> refreshed =
          about(golden, "fim", metric, "--refresh=" + file("E"), "--out=" + file("R"));
      Command.run(made).well();
      Command.run(refreshed).well();
      for (String operation : List.of("trace", "diag", "mv", "norm")) {
        Tensor expected = op(golden, operation, List.of(file("E").toString()));
        Tensor result = op(golden, operation, List.of(file("R").toString()));
        same(operation, result, expected, FIRST_ORDER);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("nets")
  void otherEstimatorsAndMetrics(String name) throws IOException {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      GoldenNet net = golden.net();
      String metric = "--metric=" + kind(golden);
      Path file = file("F");
      String[] form = {"fim", "--representation=dense", "--out=" + file};
      Command.run(about(golden, with(form, metric, "--estimator=empirical"))).well();
      for (String operation : List.of("trace", "diag", "mv", "quadratic-form", "norm")) {
        String key = "truth.empirical_fisher." + FORWARD.get(operation);
        Tensor result = op(golden, operation, List.of(file.toString()));
        same(key, result, golden.expected(key), FIRST_ORDER);
      }
      Fisher fisher = Fisher.of(net, golden.classification()).on(golden.examples());
      Command.run(about(golden, with(form, metric, "--estimator=mc", "--trials=4", "--seed=11")))
          .well();
      Tensor drawn =
          fisher.estimator(Estimator.monteCarlo(4, 11)).as(Representation.DENSE).toDense();
      same("mc", op(golden, "dense", List.of(file.toString())), drawn, FIRST_ORDER);
      Command.run(about(golden, with(form, "--metric=poisson"))).well();
      Tensor counts =
          Fisher.of(net, Metric.poisson()).on(golden.examples()).as(Representation.DENSE).toDense();
      same("poisson", op(golden, "dense", List.of(file.toString())), counts, FIRST_ORDER);
    }
  }

  private static String[] with(String[] words, String... more) {
    List<String> all = new ArrayList<>(List.of(words));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  @ParameterizedTest
  @MethodSource("nets")
  void theJacobianHoweverItIsCutUp(String name) throws IOException {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      Tensor expected = golden.expected("truth.jacobian");
      Command.run(about(golden, "jacobian", "--out=" + file("J"))).well();
      same("whole", tensor(file("J"), "jacobian"), expected, FIRST_ORDER);
      // two examples at a time, and a short last part
      long bytes = 4 * golden.outputs() * golden.parameters() * Double.BYTES;
      Command.run(about(golden, "jacobian", "--out=" + file("J"), "--memory=" + bytes)).well();
      same("parts", tensor(file("J"), "jacobian"), expected, FIRST_ORDER);
      long few = golden.outputs() * golden.parameters() * Double.BYTES;
      Command refused =
          Command.run(about(golden, "jacobian", "--out=" + file("K"), "--memory=" + few));
      assertThat(refused.exitCode()).isEqualTo(1);
      assertThat(refused.complaint()).contains("--memory: the Jacobian on one example needs");
      assertThat(file("K")).doesNotExist();
    }
  }

  @ParameterizedTest
  @MethodSource("nets")
  void theHessianIsAMean(String name) throws IOException {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      String metric = "--metric=" + kind(golden);
      double n = golden.size();
      Command.run(
              about(
                  golden,
                  "hessian",
                  metric,
                  "--representation=dense,block-diag,diag,implicit",
                  "--out=" + file("H")))
          .well();
      if (golden.has("truth.hessian")) {
        Tensor expected = golden.expected("truth.hessian").div(Tensors.scalar(n));
        same(
            "dense",
            op(golden, "dense", List.of(file("H-dense").toString())),
            expected,
            FIRST_ORDER);
      }
      for (String operation : List.of("trace", "diag", "mv")) {
        String key = "truth.hessian." + FORWARD.get(operation);
        Tensor expected = golden.expected(key).div(Tensors.scalar(n));
        for (String form : List.of("dense", "block-diag", "diag", "implicit")) {
          boolean offDiagonal = operation.equals("mv") && form.contains("diag");
          if (!offDiagonal) {
            Path file = file("H-" + form);
            same(
                key + form, op(golden, operation, List.of(file.toString())), expected, FIRST_ORDER);
          }
        }
        Tensor asked = op(golden, operation, about(golden, metric, "--of=hessian"));
        same(key, asked, expected, FIRST_ORDER);
      }
    }
  }
}
