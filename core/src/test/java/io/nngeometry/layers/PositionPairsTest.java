package io.nngeometry.layers;

import static io.nngeometry.layers.PerExampleOracle.randn;
import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Total;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;

/** Squares by pairs of positions are those of the gradients themselves. */
class PositionPairsTest {
  @Property(tries = 60)
  void squares(
      @ForAll @IntRange(min = 1, max = 40) int n,
      @ForAll @IntRange(min = 1, max = 6) int positions,
      @ForAll @IntRange(min = 1, max = 5) int cotangents,
      @ForAll @IntRange(min = 1, max = 3) int groups,
      @ForAll @IntRange(min = 1, max = 7) int rows,
      @ForAll @IntRange(min = 1, max = 7) int width) {
    try (Scope scope = Scope.open()) {
      // as convolutions give their signals: features before positions
      List<Tensor> lefts =
          IntStream.range(0, cotangents)
              .mapToObj(k -> randn(k, n, groups, rows, positions).transpose(2, 3))
              .toList();
      Tensor right = randn(99, n, groups, positions, width);
      PerExampleOracle.assertClose(
          Total.of(new PositionPairs(lefts, right)::squares), squared(lefts, right), "squares");
    }
  }

  @Test
  void tilesOfManyExamples() {
    try (Scope scope = Scope.open()) {
      // 5 examples of inputs, or 21 of signals, make two megabytes
      List<Tensor> lefts = List.of(randn(1, 47, 1, 16, 90), randn(2, 47, 1, 16, 90));
      Tensor right = randn(3, 47, 1, 16, 375);
      PerExampleOracle.assertClose(
          Total.of(new PositionPairs(lefts, right)::squares),
          Total.of(t -> new ProductTiles(lefts, right).squares(t)),
          "squares");
    }
  }

  @Test
  void areTakenWherePositionsAreFewForTheCotangents() {
    assertThat(isCheaper(1, 1)).isTrue();
    assertThat(isCheaper(16, 9)).isTrue();
    assertThat(isCheaper(16, 1)).isFalse();
    assertThat(isCheaper(256, 16)).isFalse();
  }

  private static boolean isCheaper(int positions, int cotangents) {
    try (Scope scope = Scope.open()) {
      Tensor left = randn(1, 1, 1, positions, 128);
      Tensor right = randn(2, 1, 1, positions, 1152);
      return new PositionPairs(Collections.nCopies(cotangents, left), right).isCheaper();
    }
  }

  private static Tensor squared(List<Tensor> lefts, Tensor right) {
    return lefts.stream()
        .map(left -> torch.matmul(left.transpose(2, 3), right).square().sum(0))
        .reduce(Tensor::add)
        .orElseThrow();
  }
}
