package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.ExampleLoss;
import io.nngeometry.fisher.Hessian;
import io.nngeometry.fisher.Jacobian;
import io.nngeometry.fisher.Representation;
import io.nngeometry.layers.InputSide;
import io.nngeometry.layers.Layer;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.KroneckerBlock;
import io.nngeometry.operators.LayerwisePMat;
import io.nngeometry.operators.PMat;
import io.nngeometry.operators.PullBack;
import io.nngeometry.operators.PushForward;
import io.nngeometry.operators.SingularBlockException;
import io.nngeometry.vectors.FVector;
import io.nngeometry.vectors.PFMap;
import io.nngeometry.vectors.PVector;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every value of the golden files against the library. Each key of each file is compared or skipped
 * for a reason that is stated here or in the file; none is passed over.
 */
class GoldenTest {
  private static final double FIRST_ORDER = 1e-10;
  private static final double REFERENCE = 1e-9;
  private static final double SOLVE = 1e-8;

  private static final AtomicInteger NETS = new AtomicInteger();
  private static final AtomicInteger COMPARED = new AtomicInteger();
  private static final Map<String, Integer> SKIPPED = new TreeMap<>();

  static List<String> nets() {
    return Golden.names();
  }

  @AfterAll
  static void enoughWasCompared() {
    System.out.printf("golden: %d comparisons, skipped: %s%n", COMPARED.get(), SKIPPED);
    if (NETS.get() == 3 * nets().size()) {
      assertThat(nets()).hasSize(25);
      assertThat(COMPARED.get()).isGreaterThan(7000);
    }
  }

  /** A comparison of the values of one net, which collects what fails. */
  private static final class Comparison {
    private final Golden golden;
    private final List<String> failures = new ArrayList<>();
    private int count;

    Comparison(Golden golden) {
      this.golden = golden;
    }

    void check(String key, String how, Tensor actual, Tensor expected, double tolerance) {
      count++;
      double error = Calculus.relativeError(actual, expected);
      if (!(error <= tolerance)) {
        failures.add("%s by %s: relative error %.2e".formatted(key, how, error));
      }
    }

    void checkAbsolute(String key, String how, Tensor actual, Tensor expected, double tolerance) {
      count++;
      double error = Calculus.norm(actual.sub(expected));
      if (!(error <= tolerance)) {
        failures.add("%s by %s: error %.2e > %.2e".formatted(key, how, error, tolerance));
      }
    }

    void skip(String reason) {
      SKIPPED.merge(reason, 1, Integer::sum);
    }

    void fail(String key, Throwable t) {
      failures.add(key + ": " + t);
    }

    void finish(int atLeast) {
      NETS.incrementAndGet();
      COMPARED.addAndGet(count);
      assertThat(failures).as(golden.name()).isEmpty();
      assertThat(count).as("comparisons of " + golden.name()).isGreaterThanOrEqualTo(atLeast);
    }
  }

  @ParameterizedTest
  @MethodSource("nets")
  void layersAreThoseOfTheDescription(String name) {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      LayerCollection layers = LayerCollection.of(golden.net());
      assertThat(layers.size()).isEqualTo(golden.parameters());
      List<String> expectedSlots = new ArrayList<>();
      for (JsonNode p : golden.json().get("parameters")) {
        expectedSlots.add(
            p.get("name").asText() + " @" + p.get("offset").asLong() + " " + p.get("shape"));
      }
      assertThat(
              layers.slots().stream()
                  .map(s -> s.name() + " @" + s.offset() + " " + text(s.parameter().shape())))
          .containsExactlyElementsOf(expectedSlots);
      List<String> expectedLayers = new ArrayList<>();
      for (JsonNode l : golden.json().get("layers")) {
        expectedLayers.add(l.get(0).asText() + " " + l.get(1).asText() + " @" + l.get(4).asLong());
      }
      assertThat(layers.layers().stream().map(l -> l.id() + " " + l.kind() + " @" + l.offset()))
          .containsExactlyElementsOf(expectedLayers);
    }
  }

  private static String text(long[] shape) {
    return java.util.Arrays.toString(shape).replace(" ", "");
  }

  @ParameterizedTest
  @MethodSource("nets")
  void truth(String name) {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      Comparison comparison = new Comparison(golden);
      new Truth(golden).compare(comparison, FIRST_ORDER, SOLVE);
      comparison.finish(70);
    }
  }

  @ParameterizedTest
  @MethodSource("nets")
  void truthInFloat32(String name) {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name, ScalarType.Float);
      Comparison comparison = new Comparison(golden);
      new Truth(golden).compare(comparison, 1e-4, 1e-3);
      comparison.finish(70);
    }
  }

  /** The values of {@code truth.*}. */
  private static final class Truth {
    private static final Set<String> MATRICES =
        Set.of("fisher_classif", "fisher_regression", "empirical_fisher", "mc_fisher");

    private final Golden golden;
    private final GoldenNet net;
    private final LayerCollection layers;
    private final GoldenMatrices matrices;
    private final Operations operations;
    private final PVector v;
    private final FVector u;
    private final Jacobian jacobian;
    private final PFMap dense;
    private final Tensor logits;
    private final Map<String, PMat> hessians = new HashMap<>();

    Truth(Golden golden) {
      this.golden = golden;
      net = golden.net();
      layers = LayerCollection.of(net);
      matrices = new GoldenMatrices(golden, net, layers);
      v = PVector.of(layers, golden.input("v"));
      u = FVector.of(golden.input("u"));
      operations = new Operations(golden, v);
      jacobian = Jacobian.of(net, golden.examples());
      dense = jacobian.dense();
      logits = jacobian.outputs();
    }

    void compare(Comparison comparison, double firstOrder, double solves) {
      Tensor centred = dense.centred().tensor();
      Tensor hessian = null;
      for (String key : golden.keys()) {
        if (!key.startsWith("truth.")) {
          continue;
        }
        String[] path = key.split("\\.");
        String op = path[path.length - 1];
        try {
          if (MATRICES.contains(path[1])) {
            compareMatrix(comparison, key, path, Operations.isSolve(op) ? solves : firstOrder);
          } else if (path[1].equals("hessian")) {
            if (hessian == null) {
              hessian = Calculus.hessian(loss(), Calculus.leaves(layers));
            }
            comparison.check(
                key,
                "double backward",
                symmetric(hessian, path.length == 2 ? "to_torch" : op),
                golden.expected(key),
                firstOrder);
            compareHessian(comparison, key, path.length == 2 ? "to_torch" : op, firstOrder);
          } else if (path[1].equals("centered") && path[2].equals("cov")) {
            Tensor rows = centred.flatten(0, 1);
            Tensor cov = rows.t().matmul(rows).div(Tensors.scalar(golden.size()));
            comparison.check(
                key,
                "centred",
                symmetric(cov, path.length == 3 ? "to_torch" : op),
                golden.expected(key),
                firstOrder);
          } else if (!path[1].startsWith("classif")
              && !path[1].equals("regression")
              && !path[1].equals("mc_labels")) {
            answers(key.substring("truth.".length()), centred)
                .forEach(
                    (how, mine) ->
                        comparison.check(key, how, mine, golden.expected(key), firstOrder));
          }
        } catch (RuntimeException e) {
          comparison.fail(key, e);
        }
      }
    }

    /** The file has the Hessian of a sum over examples, the library that of their mean. */
    private void compareHessian(Comparison comparison, String key, String op, double tolerance) {
      for (String representation :
          op.matches("mv|vTMv") ? List.of("dense", "implicit") : List.of("dense")) {
        PMat mean =
            hessians.computeIfAbsent(
                representation,
                name ->
                    Hessian.of(net, ExampleLoss.of(golden.classification()))
                        .on(golden.examples())
                        .as(Representation.of(name)));
        Tensor mine = operations.apply(mean.times(golden.size()), op, Damping.tikhonov(0));
        comparison.check(key, representation + " Hessian", mine, golden.expected(key), tolerance);
      }
    }

    private void compareMatrix(Comparison comparison, String key, String[] path, double tolerance) {
      String op = path.length == 2 ? "to_torch" : path[2];
      for (String representation : List.of("Dense", "Implicit")) {
        PMat m = matrices.find(path[1], representation).orElseThrow();
        Tensor mine = operations.apply(m, op, Damping.tikhonov(Golden.LAMBDA));
        comparison.check(key, representation, mine, golden.expected(key), tolerance);
      }
    }

    private Map<String, Tensor> answers(String key, Tensor centred) {
      Map<String, Tensor> answers = new LinkedHashMap<>();
      switch (key) {
        case "logits" -> answers.put("outputs", logits);
        case "jacobian" -> answers.put("dense", dense.tensor());
        case "jvp" -> {
          answers.put("implicit", jacobian.pushForward().apply(v).tensor());
          answers.put("dense", PushForward.of(dense).apply(v).tensor());
        }
        case "vjp" -> {
          answers.put("implicit", jacobian.pullBack().apply(u).tensor());
          answers.put("dense", PullBack.of(dense).apply(u).tensor());
        }
        case "gram" -> answers.put("dense", gram(dense.tensor()));
        case "centered.jacobian" -> answers.put("centred", centred);
        case "centered.gram" -> answers.put("centred", gram(centred));
        case "grad_logp" -> {
          Tensor score = golden.classification().score(logits, labels()); // (n, c)
          answers.put("score", score.t().unsqueeze(2).mul(dense.tensor()).sum(0));
        }
        case "loss_sum" -> answers.put("loss", loss().reshape());
        case "grad_loss_sum" -> answers.put("loss", PVector.gradient(layers, loss()).tensor());
        default -> throw new IllegalArgumentException("nothing compares " + key);
      }
      return answers;
    }

    private Tensor labels() {
      return golden.input("y");
    }

    private Tensor gram(Tensor j) {
      Tensor rows = j.flatten(0, 1);
      long c = golden.outputs();
      long n = golden.size();
      return rows.matmul(rows.t()).view(c, n, c, n);
    }

    private Tensor loss() {
      Tensor f = net.forward(golden.input("x"));
      if (golden.outputs() == 1) {
        Tensor s = f.squeeze(1);
        return torch.softplus(s).sub(s.mul(labels().to(golden.type()))).sum();
      }
      return torch.log_softmax(f, 1).gather(1, labels().unsqueeze(1)).sum().neg();
    }

    private Tensor symmetric(Tensor m, String op) {
      return switch (op) {
        case "to_torch" -> m;
        case "diag" -> m.diagonal();
        case "trace" -> m.trace();
        case "mv" -> m.mv(v.tensor());
        case "vTMv" -> m.mv(v.tensor()).dot(v.tensor());
        case "norm_fro" -> m.norm();
        case "norm_2" -> torch.linalg_eigvalsh(m).abs().max();
        default -> throw new IllegalArgumentException("no operation " + op);
      };
    }
  }

  @ParameterizedTest
  @MethodSource("nets")
  void reference(String name) {
    try (Scope scope = Scope.open()) {
      Golden golden = Golden.read(name);
      Comparison comparison = new Comparison(golden);
      new Reference(golden).compare(comparison);
      comparison.finish(golden.json().get("upstream_results").asBoolean() ? 120 : 0);
    }
  }

  /** The values of {@code upstream.*}, and those of {@code truth.*} where the former are wrong. */
  private static final class Reference {
    private final Golden golden;
    private final LayerCollection layers;
    private final GoldenMatrices matrices;
    private final Operations operations;
    private final Set<String> used = new HashSet<>();

    Reference(Golden golden) {
      this.golden = golden;
      GoldenNet net = golden.net();
      layers = LayerCollection.of(net);
      matrices = new GoldenMatrices(golden, net, layers);
      operations = new Operations(golden, PVector.of(layers, golden.input("v")));
    }

    void compare(Comparison comparison) {
      for (String key : golden.keys()) {
        if (key.startsWith("upstream.")) {
          try {
            compare(comparison, key);
          } catch (RuntimeException e) {
            comparison.fail(key, e);
          }
        }
      }
      for (String key : golden.keys()) {
        if (key.startsWith("truth.") && key.endsWith(".KFAC.solve_tikhonov")) {
          used.add(key);
          String variant = key.split("\\.")[1];
          PMat kfac = matrices.find(variant, "KFAC").orElseThrow();
          Tensor mine = operations.apply(kfac, "solve_tikhonov", Damping.tikhonov(Golden.LAMBDA));
          comparison.check(key, "KFAC", mine, tikhonov(key, variant, kfac), SOLVE);
        }
      }
      for (String key : golden.keys()) {
        boolean rightValue =
            key.matches("truth\\.(classif_logits|classif_binary_logits|regression|mc_labels)\\..*");
        assertThat(rightValue && !used.contains(key)).as("nothing compares " + key).isFalse();
      }
    }

    /**
     * (K + lambda I)^-1 v. Where the reference forgets to divide G by the positions, the file's
     * value is of its K and not of the right one, which other keys hold to the right formula: there
     * K's own elements are solved.
     */
    private Tensor tikhonov(String key, String variant, PMat kfac) {
      String factor = "upstream." + variant + ".KFAC.G.";
      boolean wrongFactors = false;
      for (Layer layer : layers.layers()) {
        wrongFactors |= golden.json().get("deviations").has(factor + layer.id());
      }
      if (!wrongFactors) {
        return golden.expected(key);
      }
      Tensor damped = kfac.toDense();
      damped.diagonal().add_(Tensors.scalar(Golden.LAMBDA));
      return torch.linalg_solve(damped, golden.input("v"));
    }

    private void compare(Comparison comparison, String key) {
      String[] path = key.split("\\.", 4);
      String variant = path[1];
      String representation = path[2];
      String op = key.substring(("upstream." + variant + "." + representation + ".").length());
      if (representation.startsWith("EKFAC")
          && (op.startsWith("kfac.") || op.startsWith("updated."))) {
        String phase = op.substring(0, op.indexOf('.'));
        representation += "." + phase;
        op = op.substring(phase.length() + 1);
      }
      Optional<String> reason = reasonToSkip(key, representation, op);
      if (reason.isPresent()) {
        comparison.skip(reason.get());
        return;
      }
      Optional<PMat> m = matrices.find(variant, representation);
      if (m.isEmpty()) {
        comparison.skip("there is no " + representation + " yet");
        return;
      }
      if (op.startsWith("A.") || op.startsWith("G.")) {
        compareFactor(comparison, key, (LayerwisePMat) m.get(), variant, op);
        return;
      }
      String finalOp = op;
      Damping damping =
          representation.equals("KFAC")
              ? Damping.factored(Golden.LAMBDA)
              : Damping.tikhonov(Golden.LAMBDA);
      if (representation.equals("QuasiDiag") && op.startsWith("solve") && !isPositive(m.get())) {
        assertThatThrownBy(() -> operations.apply(m.get(), finalOp, damping))
            .isInstanceOf(SingularBlockException.class)
            .hasMessageContaining("layer ");
        comparison.skip("the reference solves what is not positive: refused by name");
        return;
      }
      Tensor mine = operations.apply(m.get(), op, damping, columns(variant));
      Tensor right = rightValue(key, representation, op);
      Tensor expected = op.startsWith("cross.") ? right.flatten() : right;
      if (Operations.isRoundingNoise(op)) {
        comparison.checkAbsolute(
            key, representation, mine, expected, 1e-10 * m.get().spectralNorm());
      } else {
        comparison.check(
            key, representation, mine, expected, Operations.isSolve(op) ? SOLVE : REFERENCE);
      }
    }

    /** Columns of the square root of the output metric. */
    private double columns(String variant) {
      return switch (variant) {
        case "mc_labels" -> golden.input("mc.labels").size(1);
        case "classif_logits" -> golden.outputs() - 1.0;
        default -> golden.outputs();
      };
    }

    private static boolean isPositive(PMat m) {
      return m.smallestEigenvalue() + Golden.LAMBDA > 0;
    }

    private Optional<String> reasonToSkip(String key, String representation, String op) {
      if (op.startsWith("eigengap.")) {
        return Optional.of("eigengap: describes the file");
      }
      JsonNode note = golden.json().get("notes").get(key.replaceAll("\\.[^.]*$", "") + ".basis");
      if (note != null) {
        return Optional.of("depends on the basis within a tie");
      }
      JsonNode deviation = golden.json().get("deviations").get(key);
      if (deviation != null && rightKey(deviation).isEmpty()) {
        return Optional.of("the reference is wrong: " + representation + "." + op);
      }
      return Optional.empty();
    }

    private Optional<String> rightKey(JsonNode deviation) {
      JsonNode right = deviation.get("right_key");
      return right == null || !golden.has(right.asText())
          ? Optional.empty()
          : Optional.of(right.asText());
    }

    /** The reference's value, or the right one where that is wrong or inaccurate. */
    private Tensor rightValue(String key, String representation, String op) {
      String right = key;
      JsonNode deviation = golden.json().get("deviations").get(key);
      if (deviation != null) {
        right = rightKey(deviation).orElseThrow();
      } else if (representation.equals("Implicit") && op.equals("solve")) {
        right =
            key.contains(".regression.")
                ? "truth.fisher_regression.solve"
                : "truth.fisher_classif.solve";
      }
      used.add(right);
      return golden.expected(right);
    }

    /** A by its shape, since a scale may move between the factors; with G their product. */
    private void compareFactor(
        Comparison comparison, String key, LayerwisePMat m, String variant, String op) {
      Layer layer = layers.layer(op.substring(2));
      KroneckerBlock block = (KroneckerBlock) m.block(layer.id());
      boolean inputIsLeft = layer.inputs() == InputSide.ROWS;
      Tensor mineA = whole(inputIsLeft ? block.left() : block.right());
      String prefix = "upstream." + variant + ".KFAC.";
      Tensor a = rightValue(prefix + "A." + layer.id(), "KFAC", "A");
      if (op.startsWith("A.")) {
        comparison.check(key, "KFAC", mineA.div(mineA.trace()), a.div(a.trace()), REFERENCE);
        return;
      }
      Tensor g = rightValue(prefix + "G." + layer.id(), "KFAC", "G");
      Tensor expected = inputIsLeft ? Calculus.kron(a, g) : Calculus.kron(g, a);
      Tensor mine = Calculus.kron(whole(block.left()), whole(block.right()));
      comparison.check(key, "KFAC", mine, expected, REFERENCE);
    }

    /** A factor of the only group, which may be stored as its diagonal. */
    private static Tensor whole(Tensor factor) {
      Tensor only = factor.squeeze(0);
      return only.dim() == 1 ? torch.diag(only) : only;
    }
  }

  @ParameterizedTest
  @MethodSource("nets")
  void everyKeyIsKnown(String name) {
    try (Scope scope = Scope.open()) {
      Set<String> inputs = Set.of("x", "y", "u", "v", "pfmap", "mc.labels");
      assertThat(Golden.read(name).keys())
          .allMatch(
              k ->
                  inputs.contains(k)
                      || k.startsWith("param.")
                      || k.startsWith("buffer.")
                      || k.startsWith("truth.")
                      || k.startsWith("upstream."));
    }
  }
}
