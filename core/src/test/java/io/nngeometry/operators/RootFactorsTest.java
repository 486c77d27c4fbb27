package io.nngeometry.operators;

import static io.nngeometry.operators.Matrices.randn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.InputSide;
import io.nngeometry.layers.MatrixLayout;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.assertj.core.data.Offset;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Kronecker factors stored as roots are the same matrices, whatever is asked of them. */
class RootFactorsTest {
  private static final long GROUPS = 2;
  private static final long ROWS = 6;
  private static final MatrixLayout LAYOUT = new MatrixLayout(GROUPS, ROWS, 7, true, 0);
  private static final double LAMBDA = 0.3;

  /** A block of factors with so many columns in their roots, and the same of whole factors. */
  private record Pair(Block narrow, Block whole) {}

  private static Pair pair(long seed, long left, long right) {
    Tensor l = randn(seed, GROUPS, ROWS, left);
    Tensor r = randn(seed + 1, GROUPS, LAYOUT.width(), right);
    return new Pair(
        new KroneckerBlock(LAYOUT, l.size(2) < ROWS ? l : square(l), root(r)),
        new KroneckerBlock(LAYOUT, square(l), square(r)));
  }

  private static Tensor root(Tensor r) {
    return r.size(2) < r.size(1) ? r : square(r);
  }

  private static Tensor square(Tensor r) {
    return r.matmul(r.transpose(1, 2));
  }

  private static void assertClose(Tensor actual, Tensor expected, String what) {
    assertThat(Tensors.shape(actual)).as(what).containsExactly(Tensors.shape(expected));
    double scale = Math.max(1, Tensors.item(expected.abs().max()));
    assertThat(Tensors.item(actual.sub(expected).abs().max()) / scale).as(what).isLessThan(1e-10);
  }

  private static Offset<Double> near(double x) {
    return within(1e-10 * Math.max(1, Math.abs(x)));
  }

  private static void assertSame(Block actual, Block expected, String what) {
    assertClose(actual.toDense(), expected.toDense(), what);
    assertClose(actual.diagonal(), expected.diagonal(), what + ": diagonal");
    assertThat(actual.trace()).as(what).isCloseTo(expected.trace(), near(expected.trace()));
    assertThat(actual.frobeniusNorm())
        .as(what)
        .isCloseTo(expected.frobeniusNorm(), near(expected.frobeniusNorm()));
  }

  /** All that is asked of a symmetric block, which is positive definite with {@code shift}. */
  private static void assertSameSpectrum(Block actual, Block expected, String what) {
    Tensor v = randn(9, 3, LAYOUT.size());
    Tensor dense = expected.toDense();
    assertSame(actual, expected, what);
    assertClose(actual.apply(v), v.matmul(dense), what + ": apply");
    assertClose(actual.solve(v, LAMBDA), expected.solve(v, LAMBDA), what + ": solve");
    assertClose(
        actual.solveAbove(v, 1e-6), expected.solveAbove(v, 1e-6), what + ": truncated solve");
    assertSame(actual.inverse(LAMBDA), expected.inverse(LAMBDA), what + ": inverse");
    assertSame(actual.inverseAbove(1e-6), expected.inverseAbove(1e-6), what + ": pseudo-inverse");
    assertClose(actual.eigenvalues(), expected.eigenvalues(), what + ": eigenvalues");
    assertThat(actual.greatestEigenvalue()).isCloseTo(expected.greatestEigenvalue(), within(1e-9));
    assertThat(actual.smallestEigenvalue()).isCloseTo(expected.smallestEigenvalue(), within(1e-9));
    assertThat(actual.spectralNorm()).isCloseTo(expected.spectralNorm(), within(1e-9));
    assertThat(actual.logDeterminant(LAMBDA))
        .isCloseTo(expected.logDeterminant(LAMBDA), within(1e-8));
    for (double exponent : new double[] {0, 1, 2}) {
      assertSame(actual.power(exponent), expected.power(exponent), what + "^" + exponent);
    }
    for (long k : new long[] {1, 5, LAYOUT.size()}) {
      TopEigen top = actual.topEigen(k);
      assertClose(top.values(), expected.topEigen(k).values(), what + ": top " + k);
      assertClose(
          top.vectors().matmul(top.vectors().t()), Tensors.eye(v, k), what + ": orthonormal");
      assertClose(
          top.vectors().matmul(dense),
          top.vectors().mul(top.values().unsqueeze(1)),
          what + ": eigenvectors");
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 3", "6, 2", "2, 8", "6, 8"})
  void asKroneckerBlocks(long left, long right) {
    try (Scope scope = Scope.open()) {
      Pair p = pair(1, left, right);
      assertSameSpectrum(p.narrow(), p.whole(), "block");
      // a root of the whole block has the root of rounding where this one has zeros
      Block half = p.narrow().power(0.5);
      assertSame(half.multiply(half).orElseThrow(), p.whole(), "root");
      assertClose(
          ((KroneckerBlock) p.narrow()).left(), ((KroneckerBlock) p.whole()).left(), "left");
      assertClose(
          ((KroneckerBlock) p.narrow()).right(), ((KroneckerBlock) p.whole()).right(), "right");
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 3", "6, 2", "2, 8"})
  void dampedInTheirFactors(long left, long right) {
    Tensor v = randn(9, 3, LAYOUT.size());
    try (Scope scope = Scope.open()) {
      Pair p = pair(1, left, right);
      for (OptionalDouble pi : List.of(OptionalDouble.empty(), OptionalDouble.of(0.7))) {
        assertClose(
            p.narrow().solveFactored(v, LAMBDA, pi),
            p.whole().solveFactored(v, LAMBDA, pi),
            "solve");
        assertSame(
            p.narrow().inverseFactored(LAMBDA, pi),
            p.whole().inverseFactored(LAMBDA, pi),
            "inverse");
      }
      assertThatThrownBy(() -> p.narrow().solveFactored(v, 0, OptionalDouble.empty()))
          .isInstanceOf(SingularBlockException.class);
      assertThatThrownBy(() -> p.narrow().inverse(0)).isInstanceOf(SingularBlockException.class);
      assertThatThrownBy(() -> p.narrow().power(-1)).isInstanceOf(SingularBlockException.class);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 3", "6, 2", "2, 8"})
  void inTheirEigenvectors(long left, long right) {
    try (Scope scope = Scope.open()) {
      Pair p = pair(1, left, right);
      Block narrow = ((KroneckerBlock) p.narrow()).toEigenbasis();
      Block whole = ((KroneckerBlock) p.whole()).toEigenbasis();
      assertSameSpectrum(narrow, whole, "eigen");
      // what the vectors do not span has the greatest eigenvalue, then one in the middle
      assertSameSpectrum(narrow.inverse(LAMBDA), whole.inverse(LAMBDA), "inverse");
      Block identity = new IdentityBlock(randn(3, 1).abs().add(new Scalar(1.0)), LAYOUT.size());
      Block shifted = combined(narrow, -0.5, identity, 2);
      assertSame(shifted, combined(whole, -0.5, identity, 2), "shifted");
      assertSame(
          combined(narrow, 2, shifted, -1),
          combined(whole, 2, combined(whole, -0.5, identity, 2), -1),
          "of two");
      assertSame(
          narrow.multiply(shifted).orElseThrow(),
          whole.multiply(combined(whole, -0.5, identity, 2)).orElseThrow(),
          "product");
      assertSame(shifted.times(-3), combined(whole, -0.5, identity, 2).times(-3), "times");
    }
  }

  private static Block combined(Block x, double a, Block y, double b) {
    return x.combine(a, y, b).orElseThrow();
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1, 1", "1, 1, 6, 8", "6, 8, 1, 2", "2, 3, 2, 2", "6, 2, 2, 8"})
  void withOthers(long left, long right, long otherLeft, long otherRight) {
    try (Scope scope = Scope.open()) {
      Pair p = pair(1, left, right);
      Pair q = pair(5, otherLeft, otherRight);
      Optional<Block> merged = p.narrow().merge(q.narrow(), 0.3);
      assertSame(merged.orElseThrow(), p.whole().merge(q.whole(), 0.3).orElseThrow(), "merged");
      assertSame(
          p.narrow().multiply(q.narrow()).orElseThrow(),
          p.whole().multiply(q.whole()).orElseThrow(),
          "product");
      assertSame(p.narrow().times(1.5), p.whole().times(1.5), "times");
      assertSame(p.narrow().times(-1.5), p.whole().times(-1.5), "negative");
      Block identity = new IdentityBlock(torch.ones_like(randn(3, 1)), LAYOUT.size());
      assertSame(
          combined(p.narrow(), 2, identity, 0.5), combined(p.whole(), 2, identity, 0.5), "shifted");
    }
  }

  @ParameterizedTest
  @CsvSource({"COLUMNS", "ROWS"})
  void besideADiagonal(InputSide inputs) {
    try (Scope scope = Scope.open()) {
      Tensor diagonal = randn(1, GROUPS, ROWS).abs();
      Tensor r = randn(2, GROUPS, LAYOUT.width(), 3);
      assertSameSpectrum(
          new KroneckerBlock(LAYOUT, diagonal, r, inputs),
          new KroneckerBlock(LAYOUT, torch.diag_embed(diagonal), square(r), inputs),
          "diagonal");
    }
  }

  /** A root of dependent columns, or of none but zeros, has as many orthonormal vectors. */
  @ParameterizedTest
  @CsvSource({"0", "1e-9", "1"})
  void ofDependentColumns(double scale) {
    try (Scope scope = Scope.open()) {
      Tensor column = randn(1, GROUPS, LAYOUT.width(), 1).mul(new Scalar(scale));
      Tensor r = Tensors.cat(List.of(column, column, column), 2);
      Tensor l = randn(2, GROUPS, ROWS, 2);
      assertSameSpectrum(
          new KroneckerBlock(LAYOUT, l, r),
          new KroneckerBlock(LAYOUT, square(l), square(r)),
          "dependent");
    }
  }
}
