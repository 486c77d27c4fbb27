package io.nngeometry.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Products and sums of products by the BLAS against libtorch's. */
class ProductsTest {
  private static final UnaryOperator<Tensor> AS_IS = t -> t;

  /** Memory in which columns are dense. */
  private static final UnaryOperator<Tensor> TRANSPOSED =
      t -> t.transpose(2, 3).contiguous().transpose(2, 3);

  /** Memory in which neither rows nor columns are. */
  private static final UnaryOperator<Tensor> SCATTERED =
      t -> t.permute(2, 3, 0, 1).contiguous().permute(2, 3, 0, 1);

  /** Rows with something between them. */
  private static final UnaryOperator<Tensor> SPACED =
      t -> Tensors.cat(java.util.List.of(t, t), 3).narrow(3, 0, t.size(3));

  static Stream<Arguments> cases() {
    long[][] shapes = {
      // n, groups, m, k, p
      {3, 2, 5, 7, 4},
      {1, 1, 1, 9, 1},
      {4, 1, 6, 1, 3},
      {2, 3, 1, 4, 5},
      {2, 1, 40, 3, 50},
      {1, 1, 8, 40_000, 8},
      {2, 1, 33, 5, 33}
    };
    return Stream.of(shapes)
        .flatMap(
            s ->
                Stream.of(ScalarType.Float, ScalarType.Double)
                    .flatMap(
                        type ->
                            Stream.of(AS_IS, TRANSPOSED, SCATTERED, SPACED)
                                .map(memory -> Arguments.of(s, type, memory))));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void areThoseOfLibtorch(long[] s, ScalarType type, UnaryOperator<Tensor> memory) {
    try (Scope scope = Scope.open()) {
      Tensor a = memory.apply(random(type, 0, s[0], s[1], s[2], s[3]));
      Tensor b = memory.apply(random(type, 1, s[0], s[1], s[3], s[4]));
      assertClose(Products.of(a, b), torch.matmul(a, b));
      assertClose(
          Products.of(a.narrow(0, 0, 1).expand(s[0], s[1], s[2], s[3]), b),
          torch.matmul(a.narrow(0, 0, 1), b));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void areSummed(long[] s, ScalarType type, UnaryOperator<Tensor> memory) {
    try (Scope scope = Scope.open()) {
      Tensor a = memory.apply(random(type, 2, s[0], s[1], s[2], s[3]));
      Tensor b = memory.apply(random(type, 3, s[0], s[1], s[3], s[4]));
      Tensor once = torch.matmul(a, b).sum(0);
      assertClose(Total.of(t -> t.addProducts(a, b, 2)), once.mul(Tensors.scalar(2)));
      assertClose(
          Total.of(
              t -> {
                t.addProducts(a, b, 1);
                t.addProducts(a, b, -3);
              }),
          once.mul(Tensors.scalar(-2)));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void momentsAreWholeHoweverTheyGrow(long[] s, ScalarType type, UnaryOperator<Tensor> memory) {
    try (Scope scope = Scope.open()) {
      // above and below the size of which half is left out, and that of a strip copied
      for (long f : new long[] {s[2], s[2] + 32, s[2] + 500}) {
        Tensor x = memory.apply(random(type, 4, s[0], s[1], f, Math.min(s[3], 9)));
        Tensor once = torch.matmul(x, x.transpose(2, 3)).sum(0);
        assertClose(Total.of(t -> t.addMoment(x, 0.5)), once.mul(Tensors.scalar(0.5)));
        assertClose(
            Total.of(
                t -> {
                  t.addMoment(x, 1);
                  t.add(once.clone());
                  assertClose(t.value(), once.mul(Tensors.scalar(2)));
                  t.addMoment(x, 1);
                }),
            once.mul(Tensors.scalar(3)));
      }
    }
  }

  @Test
  void theBlasIsCalled() {
    Engine.start();
    assertThat(Blas.isBound()).as("libtorch does all of it otherwise").isTrue();
  }

  @Test
  void refusesWhatDoesNotFit() {
    try (Scope scope = Scope.open()) {
      Tensor a = random(ScalarType.Float, 0, 2, 1, 3, 4);
      assertThatThrownBy(() -> Products.of(a, random(ScalarType.Float, 0, 2, 1, 5, 4)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("matrices [2, 1, 3, 4] cannot be multiplied with [2, 1, 5, 4]");
      assertThatThrownBy(() -> Products.of(a, random(ScalarType.Double, 0, 2, 1, 4, 4)))
          .isInstanceOf(IllegalArgumentException.class);
      try (Total total = new Total()) {
        total.addMoment(a, 1);
        assertThatThrownBy(() -> total.addMoment(a.transpose(2, 3), 1))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessage("a term of shape [1, 4, 4] does not fit a sum of shape [1, 3, 3]");
      }
    }
  }

  @Test
  void leavesOtherTypesToLibtorch() {
    try (Scope scope = Scope.open()) {
      Tensor a = random(ScalarType.Double, 0, 2, 1, 3, 4).to(ScalarType.BFloat16);
      assertThat(Tensors.type(Products.of(a, a.transpose(2, 3)))).isEqualTo(ScalarType.BFloat16);
      Tensor none = random(ScalarType.Float, 0, 2, 1, 3, 0);
      assertThat(Tensors.item(Total.of(t -> t.addMoment(none, 1)).abs().sum())).isZero();
    }
  }

  /** A part that is twice the sum of what it got. */
  private static final class Doubled implements Total.Image {
    private final Total sum = new Total();

    @Override
    public Tensor value() {
      return sum.value().mul(Tensors.scalar(2));
    }

    @Override
    public void close() {
      sum.close();
    }
  }

  @Test
  void imagesBecomePartsWhenTheSumIsAskedFor() {
    try (Scope scope = Scope.open();
        Total total = new Total()) {
      Tensor one = torch.ones(new long[] {2, 3}, Tensors.options(ScalarType.Double));
      total.image("a", Doubled.class, Doubled::new).sum.add(one.clone());
      assertThat(total.isEmpty()).isFalse();
      total.image("a", Doubled.class, Doubled::new).sum.add(one.clone());
      total.image("b", Doubled.class, Doubled::new).sum.add(one.clone());
      total.add(one.clone());
      assertClose(total.value(), one.mul(Tensors.scalar(7)));
      total.image("a", Doubled.class, Doubled::new).sum.add(one.clone());
      assertClose(total.value(), one.mul(Tensors.scalar(9)));
    }
  }

  private static Tensor random(ScalarType type, long seed, long... shape) {
    return Tensors.randn(seed, Tensors.options(type), shape);
  }

  private static void assertClose(Tensor actual, Tensor expected) {
    assertThat(Tensors.shape(actual)).isEqualTo(Tensors.shape(expected));
    double tolerance = Tensors.type(expected) == ScalarType.Double ? 1e-13 : 1e-5;
    double error = Tensors.item(actual.sub(expected).abs().max());
    assertThat(error).isLessThan(tolerance * (1 + Tensors.item(expected.abs().max())));
  }
}
