package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.fisher.Representation;
import io.nngeometry.layers.InputSide;
import io.nngeometry.layers.Layer;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.KroneckerBlock;
import io.nngeometry.operators.LayerwisePMat;
import io.nngeometry.operators.LowRankPMat;
import io.nngeometry.operators.PMat;
import io.nngeometry.operators.RefusedOperationException;
import io.nngeometry.operators.SingularBlockException;
import io.nngeometry.operators.TopEigen;
import io.nngeometry.vectors.PFMap;
import io.nngeometry.vectors.PVector;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every operation of every representation on every golden net against the dense matrix: it agrees,
 * or refuses by name, and which refuse is written here.
 */
class PMatContractTest {
  private static final AtomicInteger CHECKS = new AtomicInteger();

  /** Nets so small that an implicit Hessian can give its elements again and again. */
  private static final Set<String> SMALL = Set.of("mlp_binary", "embedding_padding_idx");

  static Stream<Arguments> cases() {
    Stream<Arguments> doubles =
        Golden.names().stream()
            .flatMap(
                net ->
                    ContractCase.kinds().stream()
                        .filter(r -> !r.equals("hessian-implicit") || SMALL.contains(net))
                        .map(r -> Arguments.of(net, ScalarType.Double, r)));
    Stream<Arguments> floats =
        Golden.names().stream()
            .flatMap(
                net ->
                    ContractCase.representations().keySet().stream()
                        .map(r -> Arguments.of(net, ScalarType.Float, r)));
    return Stream.concat(doubles, floats);
  }

  @AfterAll
  static void count() {
    System.out.printf("operator contract: %d comparisons%n", CHECKS.get());
  }

  /** Compares, and collects what is wrong and what is refused. */
  private static final class Checks {
    /** What a refusal has to name: something that answers. */
    private static final Pattern ADVICE =
        Pattern.compile("\\b(dense|block-diag|kfac|ekfac|diag|low-rank)\\b");

    private final List<String> wrong = new ArrayList<>();
    private final Set<String> refused = new TreeSet<>();

    void attempt(String operation, Runnable comparison) {
      try (Scope scope = Scope.open()) {
        comparison.run();
      } catch (RefusedOperationException e) {
        refused.add(operation);
        String advice = e.getMessage().substring(e.getMessage().lastIndexOf(';') + 1);
        if (!ADVICE.matcher(advice).find()) {
          wrong.add(operation + " names nothing that answers: " + e.getMessage());
        }
      } catch (RuntimeException e) {
        wrong.add(operation + " fails: " + e);
      }
    }

    void equal(String what, Tensor mine, Tensor expected, double tolerance) {
      Tensor truth = expected.detach().to(ScalarType.Double);
      within(what, Calculus.relativeError(mine, truth), tolerance);
    }

    void equal(String what, double mine, double expected, double scale, double tolerance) {
      within(what, Math.abs(mine - expected) / scale, tolerance);
    }

    void within(String what, double error, double tolerance) {
      CHECKS.incrementAndGet();
      if (!(error <= tolerance)) {
        wrong.add("%s is off by %.2e".formatted(what, error));
      }
    }

    void finish(ContractCase c, Set<String> expectedRefusals) {
      assertThat(wrong).as(c.name).isEmpty();
      assertThat(refused).as("refusals of " + c.name).isEqualTo(new TreeSet<>(expectedRefusals));
    }
  }

  private static boolean mayBeIndefinite(String representation) {
    return representation.equals("quasi-diag") || isHessian(representation);
  }

  private static boolean isHessian(String representation) {
    return representation.startsWith(ContractCase.HESSIAN);
  }

  /** What the refusals of a matrix depend on. */
  private static String stored(String representation) {
    return representation.replace(ContractCase.HESSIAN, "");
  }

  private static Tensor times(Tensor rows, Tensor matrix) {
    return rows.to(ScalarType.Double).matmul(matrix.t());
  }

  private static double quadratic(Tensor matrix, Tensor row) {
    Tensor v = row.to(ScalarType.Double).reshape(-1);
    return Tensors.item(matrix.mv(v).dot(v));
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void products(String net, ScalarType type, String representation) {
    ContractCase c = ContractCase.of(net, type, representation);
    Checks checks = new Checks();
    double tolerance = c.tolerance();
    PMat m = c.matrix;
    checks.attempt(
        "apply",
        () -> {
          Tensor x = c.rows(3, 1);
          Tensor y = c.rows(3, 2);
          Tensor mx = m.apply(x);
          Tensor my = m.apply(y);
          checks.equal("apply", mx, times(x, c.dense), tolerance);
          checks.equal(
              "linearity",
              m.apply(Tensors.times(x, 2).sub(Tensors.times(y, 3))),
              Tensors.times(mx, 2).sub(Tensors.times(my, 3)),
              tolerance);
          Tensor left = mx.mul(y).sum(1);
          checks.within(
              "symmetry",
              Calculus.norm(left.sub(x.mul(my).sum(1))) / Calculus.norm(mx) / Calculus.norm(y),
              tolerance);
        });
    checks.attempt(
        "mv",
        () -> {
          PFMap map = c.map(3);
          Tensor images = m.mv(map).tensor();
          Tensor quadratics = m.quadratic(map);
          for (long k = 0; k < map.outputs(); k++) {
            for (long i = 0; i < map.examples(); i++) {
              PVector v = PVector.of(c.layers, map.tensor().select(0, k).select(0, i));
              PVector image = m.mv(v);
              checks.equal(
                  "batched mv", images.select(0, k).select(0, i), image.tensor(), tolerance);
              double scale = v.norm() * image.norm();
              double form = m.quadraticForm(v);
              checks.equal("quadratic form", form, v.dot(image), scale, tolerance);
              checks.equal(
                  "quadratic form", form, quadratic(c.dense, v.tensor()), scale, tolerance);
              checks.equal(
                  "batched quadratic",
                  Tensors.item(quadratics.select(0, k).select(0, i)),
                  form,
                  scale,
                  tolerance);
              if (!mayBeIndefinite(representation)) {
                checks.within("positivity", Math.max(0, -form) / scale, tolerance);
              }
            }
          }
        });
    checks.attempt(
        "numbers",
        () -> {
          double trace = Tensors.item(c.dense.trace());
          double norm = Calculus.norm(c.dense);
          double scale = isHessian(representation) ? norm : trace;
          checks.equal("trace", m.trace(), trace, scale, tolerance);
          double byLayer = m.traceByLayer().values().stream().mapToDouble(x -> x).sum();
          checks.equal("trace by layer", byLayer, trace, scale, tolerance);
          assertThat(m.symmetric()).isTrue();
          PVector diagonal = m.diagonal();
          checks.equal("diagonal", diagonal.tensor(), c.dense.diagonal(), tolerance);
          checks.equal(
              "trace and diagonal",
              m.trace(),
              Tensors.item(diagonal.tensor().sum()),
              scale,
              tolerance);
          checks.equal("Frobenius norm", m.frobeniusNorm(), norm, norm, 10 * tolerance);
          assertThat(m.approximatelyEquals(m, tolerance)).isTrue();
          assertThat(m.approximatelyEquals(c.identity(1e3), 0.1)).isFalse();
          checks.equal("toDense", m.toDense(), c.dense, tolerance);
          checks.equal("symmetry of toDense", c.dense.t(), c.dense, tolerance);
        });
    checks.finish(c, Set.of());
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void spectra(String net, ScalarType type, String representation) {
    ContractCase c = ContractCase.of(net, type, representation);
    Checks checks = new Checks();
    double tolerance = c.spectralTolerance();
    PMat m = c.matrix;
    try (Scope scope = Scope.open()) {
      Tensor values = c.eigenvalues;
      double greatest = Tensors.item(values.abs().max());
      double smallest = c.smallest();
      checks.attempt(
          "spectral norm",
          () -> checks.equal("spectral norm", m.spectralNorm(), greatest, greatest, tolerance));
      checks.attempt(
          "smallest eigenvalue",
          () ->
              checks.equal(
                  "smallest eigenvalue", m.smallestEigenvalue(), smallest, greatest, tolerance));
      checks.attempt(
          "eigenvalues",
          () -> {
            Tensor mine = m.eigenvalues();
            long k = mine.size(0);
            if (representation.equals("low-rank")) {
              assertThat(k).isEqualTo(Math.min(c.layers.size(), ((LowRankPMat) m).rank()));
              Tensor rest = values.narrow(0, 0, c.layers.size() - k);
              checks.within("left out eigenvalues", Calculus.norm(rest) / greatest, tolerance);
            } else {
              assertThat(k).isEqualTo(c.layers.size());
            }
            Tensor expected = values.narrow(0, c.layers.size() - k, k);
            checks.equal("eigenvalues", mine, expected, tolerance);
          });
      checks.attempt(
          "top eigenvectors",
          () -> {
            TopEigen top = m.topEigen(4);
            Tensor u = top.vectors().to(ScalarType.Double);
            Tensor lambda = top.values().to(ScalarType.Double);
            assertThat(lambda.size(0)).isEqualTo(4);
            checks.equal(
                "top eigenvalues",
                lambda,
                values.narrow(0, values.size(0) - 4, 4).flip(0),
                tolerance);
            checks.within(
                "M u = lambda u",
                Calculus.norm(times(u, c.dense).sub(u.mul(lambda.unsqueeze(1)))) / greatest,
                tolerance);
            checks.equal("orthonormal eigenvectors", u.matmul(u.t()), Tensors.eye(u, 4), tolerance);
          });
      checks.attempt(
          "log-determinant",
          () -> {
            double lambda = regular(smallest);
            double expected = Tensors.item(values.add(new Scalar(lambda)).log().sum());
            double scale = Math.max(1, Math.abs(expected));
            checks.equal("log-determinant", m.logDeterminant(lambda), expected, scale, tolerance);
          });
    }
    checks.finish(
        c,
        switch (stored(representation)) {
          case "implicit" -> Set.of("eigenvalues", "log-determinant");
          case "quasi-diag" ->
              c.has("quasi-diagonal") ? Set.of("top eigenvectors") : Set.<String>of();
          default -> Set.of();
        });
  }

  /** A damping that makes the matrix positive definite. */
  private static double regular(double smallest) {
    return Golden.LAMBDA + 2 * Math.max(0, -smallest);
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void solves(String net, ScalarType type, String representation) {
    ContractCase c = ContractCase.of(net, type, representation);
    Checks checks = new Checks();
    double tolerance = c.spectralTolerance();
    PMat m = c.matrix;
    try (Scope scope = Scope.open()) {
      double smallest = c.smallest();
      double lambda = regular(smallest);
      if (smallest < -Golden.LAMBDA) {
        // a quasi-diagonal matrix or a Hessian need not be positive: then it says so, and where
        try {
          m.solve(c.vector(1), Damping.tikhonov(Golden.LAMBDA));
          checks.wrong.add("a solve of a matrix that is not positive");
        } catch (SingularBlockException e) {
          assertThat(e).hasMessageContaining("greater damping");
          if (representation.equals("quasi-diag")) {
            assertThat(e).hasMessageContaining("layer ");
          }
        }
      }
      Tensor damped = c.dense.add(Tensors.times(Tensors.eye(c.dense, c.layers.size()), lambda));
      Damping tikhonov = Damping.tikhonov(lambda);
      checks.attempt(
          "solve",
          () -> {
            PVector v = c.vector(4);
            PVector x = m.solve(v, tikhonov);
            checks.equal(
                "solve undone", damped.mv(x.tensor().to(ScalarType.Double)), v.tensor(), tolerance);
            PVector back = m.mv(x).plus(lambda, x);
            checks.equal("solve undone by mv", back.tensor(), v.tensor(), tolerance);
            m.dropDecompositions();
            checks.equal("solve again", m.solve(v, tikhonov).tensor(), x.tensor(), tolerance);
            PFMap map = c.map(5);
            PFMap several = m.solve(map, tikhonov);
            checks.equal(
                "solve of several undone",
                times(several.tensor().flatten(0, 1), damped),
                map.tensor().flatten(0, 1),
                tolerance);
            checks.equal(
                "solve of several rows",
                m.solve(map.tensor().flatten(0, 1), tikhonov),
                several.tensor().flatten(0, 1),
                tolerance);
          });
      checks.attempt(
          "inverse",
          () -> {
            PMat inverse = m.inverse(tikhonov);
            PVector v = c.vector(6);
            checks.equal(
                "inverse and solve",
                inverse.mv(v).tensor(),
                m.solve(v, tikhonov).tensor(),
                tolerance);
            checks.equal("inverse", inverse.toDense(), torch.linalg_inv(damped), tolerance);
          });
      factored(c, checks, lambda, true);
      factored(c, checks, lambda, false);
      truncated(c, checks);
    }
    checks.finish(
        c,
        switch (stored(representation)) {
          case "implicit" ->
              Set.of(
                  "inverse",
                  "factored inverse true",
                  "factored inverse false",
                  "truncated solve",
                  "truncated inverse");
          case "low-rank" ->
              Set.of(
                  "inverse",
                  "factored inverse true",
                  "factored inverse false",
                  "truncated inverse");
          case "quasi-diag" ->
              c.has("quasi-diagonal")
                  ? Set.of(
                      "inverse",
                      "factored inverse true",
                      "factored inverse false",
                      "truncated solve",
                      "truncated inverse")
                  : Set.<String>of();
          default -> Set.of();
        });
  }

  private static void factored(ContractCase c, Checks checks, double lambda, boolean balanced) {
    Damping damping = balanced ? Damping.factored(lambda) : Damping.factored(lambda, 1);
    checks.attempt(
        "factored solve " + balanced,
        () -> {
          Tensor damped = Tensors.zeros(c.dense, c.layers.size(), c.layers.size());
          for (long[] part : c.parts()) {
            ContractCase.block(damped, part[0], part[1])
                .copy_(ContractCase.block(c.dense, part[0], part[1]))
                .diagonal()
                .add_(new Scalar(lambda));
          }
          if (c.matrix instanceof LayerwisePMat layerwise) {
            for (LayerwisePMat.Part part : layerwise.parts()) {
              if (part.block() instanceof KroneckerBlock kronecker) {
                ContractCase.block(damped, part.offset(), kronecker.size())
                    .copy_(dampedFactors(c, part, lambda, balanced));
              }
            }
          }
          Tensor x = c.rows(2, 7);
          Tensor solved = c.matrix.solve(x, damping);
          checks.equal("factored solve undone", times(solved, damped), x, c.spectralTolerance());
        });
    checks.attempt(
        "factored inverse " + balanced,
        () -> {
          Tensor x = c.rows(2, 8);
          checks.equal(
              "factored inverse",
              c.matrix.inverse(damping).apply(x),
              c.matrix.solve(x, damping),
              c.spectralTolerance());
        });
  }

  /** (L + a I) (x) (R + b I), a b = lambda, group by group, in flat order. */
  private static Tensor dampedFactors(
      ContractCase c, LayerwisePMat.Part part, double lambda, boolean balanced) {
    KroneckerBlock block = (KroneckerBlock) part.block();
    Tensor left = whole(block.left());
    Tensor right = whole(block.right());
    for (long g = 0; g < left.size(0); g++) {
      Tensor l = left.select(0, g);
      Tensor r = right.select(0, g);
      double pi =
          balanced
              ? Math.sqrt(
                  Tensors.item(l.trace()) / l.size(0) / (Tensors.item(r.trace()) / r.size(0)))
              : 1;
      l.diagonal().add_(new Scalar(pi * Math.sqrt(lambda)));
      r.diagonal().add_(new Scalar(Math.sqrt(lambda) / pi));
    }
    var layout = c.layers.layer(part.name()).matrix().orElseThrow();
    return new KroneckerBlock(layout, left, right).toDense();
  }

  /** A factor in float64 of its own, which may be stored as its diagonal. */
  private static Tensor whole(Tensor factor) {
    Tensor f = factor.to(ScalarType.Double);
    return f.dim() == 2 ? torch.diag_embed(f) : f.clone();
  }

  private static void truncated(ContractCase c, Checks checks) {
    double cutoff = cutoffInGap(c);
    Damping damping = Damping.truncated(cutoff);
    checks.attempt(
        "truncated solve",
        () -> {
          Tensor x = c.rows(2, 9);
          checks.equal(
              "truncated solve",
              c.matrix.solve(x, damping),
              times(x, pseudoInverse(c, cutoff)),
              100 * c.spectralTolerance());
        });
    checks.attempt(
        "truncated inverse",
        () -> {
          Tensor x = c.rows(2, 10);
          checks.equal(
              "truncated inverse",
              c.matrix.inverse(damping).apply(x),
              c.matrix.solve(x, damping),
              c.spectralTolerance());
        });
  }

  /** Of some cutoffs the one that no eigenvalue is near, so that rounding does not decide. */
  private static double cutoffInGap(ContractCase c) {
    double best = 0;
    double width = 0;
    double max = c.greatest();
    for (double exponent = -2; exponent >= (c.isDouble() ? -6 : -3); exponent -= 0.25) {
      double nearest = Double.POSITIVE_INFINITY;
      for (double value : c.eigenvaluesOfParts) {
        double ratio = Math.max(Math.abs(value) / max, 1e-300);
        nearest = Math.min(nearest, Math.abs(Math.log10(ratio) - exponent));
      }
      if (nearest > width) {
        width = nearest;
        best = Math.pow(10, exponent);
      }
    }
    assertThat(width).as("a gap in the spectrum of " + c).isGreaterThan(0.01);
    return best;
  }

  /** Part by part, but a cutoff is relative to the greatest eigenvalue of the whole matrix. */
  private static Tensor pseudoInverse(ContractCase c, double cutoff) {
    Tensor all = Tensors.zeros(c.dense, c.layers.size(), c.layers.size());
    double least = cutoff * c.greatest();
    for (long[] part : c.parts()) {
      Tensor mine = ContractCase.block(c.dense, part[0], part[1]).contiguous();
      var eigen = torch.linalg_eigh(mine);
      Tensor values = eigen.get0();
      Tensor kept = values.gt(new Scalar(least));
      Tensor inverse = torch.where(kept, values.reciprocal(), torch.zeros_like(values));
      Tensor u = eigen.get1();
      ContractCase.block(all, part[0], part[1]).copy_(u.mul(inverse).matmul(u.t()));
    }
    return all;
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void powers(String net, ScalarType type, String representation) {
    ContractCase c = ContractCase.of(net, type, representation);
    Checks checks = new Checks();
    double tolerance = c.spectralTolerance();
    PMat m = c.matrix;
    Tensor v = c.rows(2, 11);
    double smallest = Tensors.item(torch.linalg_eigvalsh(c.dense).min());
    double lambda = regular(smallest);
    boolean negative = isHessian(representation) && smallest < -1e-9 * Calculus.norm(c.dense);
    checks.attempt(
        "power 2",
        () -> {
          PMat square = m.power(2);
          checks.equal("square", square.apply(v), m.apply(m.apply(v)), tolerance);
          checks.equal("square", square.toDense(), c.dense.matmul(c.dense), tolerance);
        });
    checks.attempt(
        "power 1/2",
        () -> {
          PMat root = m.power(0.5);
          checks.equal("root of root", root.apply(root.apply(v)), m.apply(v), tolerance);
        });
    checks.attempt(
        "power -1/2 with the identity",
        () -> {
          PMat damped = m.plus(c.identity(lambda));
          checks.equal(
              "with the identity",
              damped.apply(v),
              m.apply(v).add(v, new Scalar(lambda)),
              tolerance);
          PMat root = damped.power(-0.5);
          checks.equal("whitening", root.apply(root.apply(damped.apply(v))), v, tolerance);
          checks.equal(
              "root of the inverse",
              root.apply(root.apply(v)),
              m.solve(v, Damping.tikhonov(lambda)),
              tolerance);
        });
    checks.finish(
        c,
        switch (stored(representation)) {
          case "implicit" -> Set.of("power 2", "power 1/2", "power -1/2 with the identity");
          case "low-rank" -> Set.of("power -1/2 with the identity");
          case "quasi-diag" ->
              c.has("quasi-diagonal")
                  ? Set.of("power 2", "power 1/2", "power -1/2 with the identity")
                  : Set.<String>of();
          default -> negative ? Set.of("power 1/2") : Set.<String>of();
        });
  }

  /** Everything that a result of arithmetic answers, against what its elements should be. */
  private static void same(Checks checks, ContractCase c, String what, PMat m, Tensor expected) {
    double tolerance = 10 * c.tolerance();
    Tensor x = c.rows(2, 12);
    double scale = Calculus.norm(c.dense) + Calculus.norm(c.otherDense);
    checks.within(
        what + " by elements",
        Calculus.norm(m.toDense().to(ScalarType.Double).sub(expected)) / scale,
        tolerance);
    checks.within(
        what + " by products",
        Calculus.norm(m.apply(x).to(ScalarType.Double).sub(times(x, expected)))
            / (scale * Calculus.norm(x)),
        tolerance);
    double traces =
        Math.abs(Tensors.item(c.dense.trace())) + Math.abs(Tensors.item(c.otherDense.trace()));
    checks.equal(
        what + " trace", m.trace(), Tensors.item(expected.trace()), traces + scale, tolerance);
    checks.within(
        what + " diagonal",
        Calculus.norm(m.diagonal().tensor().to(ScalarType.Double).sub(expected.diagonal())) / scale,
        tolerance);
    checks.equal(
        what + " Frobenius norm", m.frobeniusNorm(), Calculus.norm(expected), scale, tolerance);
  }

  private static void sameSpectrum(
      Checks checks, ContractCase c, String what, PMat m, Tensor values) {
    double greatest = Calculus.norm(c.dense) + Calculus.norm(c.otherDense);
    double tolerance = c.spectralTolerance();
    checks.equal(
        what + " spectral norm",
        m.spectralNorm(),
        Tensors.item(values.abs().max()),
        greatest,
        tolerance);
    checks.equal(
        what + " smallest eigenvalue",
        m.smallestEigenvalue(),
        Tensors.item(values.min()),
        greatest,
        tolerance);
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void arithmetic(String net, ScalarType type, String representation) {
    ContractCase c = ContractCase.of(net, type, representation);
    Checks checks = new Checks();
    PMat m = c.matrix;
    PMat n = c.other;
    try (Scope scope = Scope.open()) {
      Tensor a = c.dense;
      Tensor b = c.otherDense;
      for (double factor : new double[] {2.5, -2}) {
        checks.attempt(
            "times " + factor,
            () -> {
              PMat multiple = m.times(factor);
              same(checks, c, "times " + factor, multiple, Tensors.times(a, factor));
              sameSpectrum(
                  checks, c, "times " + factor, multiple, Tensors.times(c.eigenvalues, factor));
            });
      }
      checks.attempt(
          "plus",
          () -> {
            PMat sum = m.plus(n);
            same(checks, c, "plus", sum, a.add(b));
            sameSpectrum(checks, c, "plus", sum, torch.linalg_eigvalsh(a.add(b)));
          });
      checks.attempt(
          "minus",
          () -> {
            PMat difference = m.minus(n);
            same(checks, c, "minus", difference, a.sub(b));
            sameSpectrum(checks, c, "minus", difference, torch.linalg_eigvalsh(a.sub(b)));
            same(checks, c, "minus itself", m.minus(m), torch.zeros_like(a));
          });
      checks.attempt(
          "plus identity",
          () -> {
            Tensor eye = Tensors.times(Tensors.eye(a, c.layers.size()), 0.5);
            PMat sum = m.plus(c.identity(0.5));
            same(checks, c, "plus identity", sum, a.add(eye));
            sameSpectrum(checks, c, "plus identity", sum, c.eigenvalues.add(new Scalar(0.5)));
            PVector v = c.vector(13);
            double lambda = regular(c.smallest());
            checks.equal(
                "solve of a sum with the identity",
                sum.solve(v, Damping.tikhonov(lambda)).tensor(),
                m.solve(v, Damping.tikhonov(lambda + 0.5)).tensor(),
                c.spectralTolerance());
            same(checks, c, "identity minus", c.identity(0.5).minus(m), eye.sub(a));
            same(
                checks,
                c,
                "linear combination",
                m.linearCombination(2, n, 0.5),
                Tensors.times(a, 2).add(b, new Scalar(0.5)));
          });
      checks.attempt("multiply", () -> same(checks, c, "multiply", m.multiply(n), a.matmul(b)));
      checks.attempt(
          "multiply by itself",
          () -> same(checks, c, "multiply by itself", m.multiply(m), a.matmul(a)));
      checks.attempt(
          "multiply by the identity",
          () ->
              same(
                  checks,
                  c,
                  "multiply by identity",
                  m.multiply(c.identity(3)),
                  Tensors.times(a, 3)));
      checks.attempt(
          "average",
          () -> {
            Tensor expected = Tensors.times(a, 0.75).add(Tensors.times(b, 0.25));
            if (c.has("kronecker")) {
              expected = averageByFactors(c, expected);
            }
            same(checks, c, "average", m.average(n, 0.25), expected);
            same(checks, c, "merged", m.merged(3, n, 1), expected);
          });
    }
    checks.finish(
        c,
        switch (stored(representation)) {
          case "implicit" -> Set.of("multiply", "multiply by itself", "multiply by the identity");
          case "low-rank" ->
              Set.of("times -2.0", "multiply", "multiply by itself", "multiply by the identity");
          case "quasi-diag" ->
              c.has("quasi-diagonal") ? Set.of("multiply", "multiply by itself") : Set.<String>of();
          case "ekfac", "mixed" ->
              c.has("eigen-kronecker") ? Set.of("multiply", "average") : Set.<String>of();
          default -> Set.of();
        });
  }

  private static Tensor average(Tensor a, Tensor b) {
    return Tensors.times(a, 0.75).add(b, new Scalar(0.25));
  }

  /** Kronecker factors are averaged each by itself. */
  private static Tensor averageByFactors(ContractCase c, Tensor elements) {
    Tensor all = elements.clone();
    for (LayerwisePMat.Part part : ((LayerwisePMat) c.matrix).parts()) {
      if (part.block() instanceof KroneckerBlock mine) {
        KroneckerBlock other = (KroneckerBlock) ((LayerwisePMat) c.other).block(part.name());
        Layer layer = c.layers.layer(part.name());
        Tensor left = average(whole(mine.left()), whole(other.left()));
        Tensor right = average(whole(mine.right()), whole(other.right()));
        if (layer.inputs() == InputSide.BOTH) {
          // partial traces are averaged, and the product has their trace
          left =
              average(
                  whole(mine.left()).mul(whole(mine.right()).squeeze(0).trace()),
                  whole(other.left()).mul(whole(other.right()).squeeze(0).trace()));
          right =
              average(
                      whole(mine.right()).mul(whole(mine.left()).squeeze(0).trace()),
                      whole(other.right()).mul(whole(other.left()).squeeze(0).trace()))
                  .div(left.squeeze(0).trace());
        }
        ContractCase.block(all, part.offset(), mine.size())
            .copy_(new KroneckerBlock(layer.matrix().orElseThrow(), left, right).toDense());
      }
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("io.nngeometry.verification.Golden#names")
  void sumsOfKroneckerProductsAreCombinations(String net) {
    ContractCase c = ContractCase.of(net, ScalarType.Double, "kfac");
    String expected = c.has("kronecker") ? "combination of kfac and kfac" : "kfac";
    assertThat(c.matrix.plus(c.other).representation()).isEqualTo(expected);
    ContractCase dense = ContractCase.of(net, ScalarType.Double, "dense");
    assertThat(dense.matrix.plus(dense.other).representation())
        .isEqualTo(Representation.DENSE.name());
  }
}
