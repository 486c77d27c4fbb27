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
import io.nngeometry.operators.PMat;
import io.nngeometry.vectors.PVector;
import java.util.Set;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Sums, products, multiples and averages of every representation. */
class PMatArithmeticTest extends PMatContract {
  /** Everything that a result of arithmetic answers, against what its elements should be. */
  private static void same(
      ContractChecks checks, ContractCase c, String what, PMat m, Tensor expected) {
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
      ContractChecks checks, ContractCase c, String what, PMat m, Tensor values) {
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
    ContractChecks checks = new ContractChecks();
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
