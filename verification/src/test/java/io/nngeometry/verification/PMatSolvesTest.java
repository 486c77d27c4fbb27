package io.nngeometry.verification;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.operators.Damping;
import io.nngeometry.operators.KroneckerBlock;
import io.nngeometry.operators.LayerwisePMat;
import io.nngeometry.operators.PMat;
import io.nngeometry.operators.SingularBlockException;
import io.nngeometry.vectors.PFMap;
import io.nngeometry.vectors.PVector;
import java.util.Set;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Solves and inverses of every representation, with each kind of damping. */
class PMatSolvesTest extends PMatContract {
  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void solves(String net, ScalarType type, String representation) {
    ContractCase c = ContractCase.of(net, type, representation);
    ContractChecks checks = new ContractChecks();
    double tolerance = c.spectralTolerance();
    PMat m = c.matrix;
    try (Scope scope = Scope.open()) {
      double smallest = c.smallest();
      double lambda = regular(smallest);
      if (smallest < -Golden.LAMBDA) {
        // a quasi-diagonal matrix or a Hessian need not be positive: then it says so, and where
        try {
          m.solve(c.vector(1), Damping.tikhonov(Golden.LAMBDA));
          checks.isWrong("a solve of a matrix that is not positive");
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

  private static void factored(
      ContractCase c, ContractChecks checks, double lambda, boolean balanced) {
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

  private static void truncated(ContractCase c, ContractChecks checks) {
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
}
