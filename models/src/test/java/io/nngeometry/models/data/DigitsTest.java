package io.nngeometry.models.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class DigitsTest {
  /** Each image and its label as text, in order. */
  private static List<String> lines(Dataset data) {
    double[] pixels = Tensors.toArray(data.inputs());
    long[] labels = Tensors.toLongArray(data.targets().orElseThrow());
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < labels.length; i++) {
      lines.add(Arrays.toString(Arrays.copyOfRange(pixels, 64 * i, 64 * (i + 1))) + labels[i]);
    }
    return lines;
  }

  private static int[] perClass(Dataset data) {
    int[] counts = new int[Digits.CLASSES];
    for (long label : Tensors.toLongArray(data.targets().orElseThrow())) {
      counts[(int) label]++;
    }
    return counts;
  }

  @Test
  void everyImageIsThere() {
    try (Scope scope = Scope.open();
        Dataset all = Digits.all()) {
      assertThat(Tensors.shape(all.inputs())).containsExactly(1797, 1, 8, 8);
      assertThat(all.inputs().scalar_type().intern()).isEqualTo(ScalarType.Float);
      assertThat(Tensors.shape(all.targets().orElseThrow())).containsExactly(1797);
      assertThat(perClass(all)).containsExactly(178, 182, 177, 183, 181, 182, 181, 179, 174, 180);
      double[] pixels = Tensors.toArray(all.inputs());
      assertThat(Arrays.stream(pixels).min()).hasValue(-1);
      assertThat(Arrays.stream(pixels).max()).hasValue(1);
      // the first row of the first image, a zero: 0 0 5 13 9 1 0 0
      assertThat(pixels)
          .startsWith(-1, -1, 5 / 8.0 - 1, 13 / 8.0 - 1, 9 / 8.0 - 1, 1 / 8.0 - 1, -1);
      assertThat(Tensors.toLongArray(all.targets().orElseThrow())).startsWith(0, 1, 2, 3, 4);
    }
  }

  @Test
  void theSplitIsAPartitionWithEveryClassInProportion() {
    try (Dataset all = Digits.all();
        Dataset train = Digits.train(7);
        Dataset test = Digits.test(7)) {
      assertThat(train.size()).isEqualTo(1347);
      assertThat(test.size()).isEqualTo(450);
      List<String> both = new ArrayList<>(lines(train));
      both.addAll(lines(test));
      assertThat(both).containsExactlyInAnyOrderElementsOf(lines(all));
      assertThat(lines(train)).doesNotContainAnyElementsOf(lines(test));
      int[] held = perClass(test);
      int[] whole = perClass(all);
      for (int c = 0; c < Digits.CLASSES; c++) {
        assertThat(held[c]).isBetween(whole[c] / 4, whole[c] / 4 + 1);
      }
      // neither part is sorted by class
      assertThat(
              Arrays.stream(Tensors.toLongArray(test.targets().orElseThrow())).limit(30).distinct())
          .hasSizeGreaterThan(5);
    }
  }

  @Test
  void theSeedDecidesTheSplit() {
    try (Scope scope = Scope.open()) {
      assertThat(lines(Digits.train(1))).isEqualTo(lines(Digits.train(1)));
      assertThat(lines(Digits.test(1))).isEqualTo(lines(Digits.test(1)));
      assertThat(lines(Digits.test(1))).isNotEqualTo(lines(Digits.test(2)));
    }
  }

  @Test
  void theEnclosingScopeFreesTheSplitAndNothingEarlier() {
    Tensor images;
    try (Scope scope = Scope.open()) {
      images = Digits.train(0).stored();
      assertThat(images.isNull()).isFalse();
    }
    assertThat(images.isNull()).isTrue();
  }
}
