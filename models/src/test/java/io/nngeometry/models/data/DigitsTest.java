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
  private static final Digits DIGITS = Digits.load();

  /** Each image and its label as text, in order. */
  private static List<String> lines(LabelledImages data) {
    double[] pixels = Tensors.toArray(data.images());
    long[] labels = Tensors.toLongArray(data.labels());
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < labels.length; i++) {
      lines.add(Arrays.toString(Arrays.copyOfRange(pixels, 64 * i, 64 * (i + 1))) + labels[i]);
    }
    return lines;
  }

  private static int[] perClass(LabelledImages data) {
    int[] counts = new int[Digits.CLASSES];
    for (long label : Tensors.toLongArray(data.labels())) {
      counts[(int) label]++;
    }
    return counts;
  }

  @Test
  void everyImageIsThere() {
    try (LabelledImages all = DIGITS.all()) {
      assertThat(Tensors.shape(all.images())).containsExactly(1797, 1, 8, 8);
      assertThat(all.images().scalar_type().intern()).isEqualTo(ScalarType.Float);
      assertThat(Tensors.shape(all.labels())).containsExactly(1797);
      assertThat(perClass(all)).containsExactly(178, 182, 177, 183, 181, 182, 181, 179, 174, 180);
      double[] pixels = Tensors.toArray(all.images());
      assertThat(Arrays.stream(pixels).min()).hasValue(-1);
      assertThat(Arrays.stream(pixels).max()).hasValue(1);
      // the first row of the first image, a zero: 0 0 5 13 9 1 0 0
      assertThat(pixels)
          .startsWith(-1, -1, 5 / 8.0 - 1, 13 / 8.0 - 1, 9 / 8.0 - 1, 1 / 8.0 - 1, -1);
      assertThat(Tensors.toLongArray(all.labels())).startsWith(0, 1, 2, 3, 4);
    }
  }

  @Test
  void theSplitIsAPartitionWithEveryClassInProportion() {
    try (LabelledImages all = DIGITS.all();
        TrainTest split = DIGITS.split(7)) {
      assertThat(split.train().size()).isEqualTo(1347);
      assertThat(split.test().size()).isEqualTo(450);
      List<String> train = lines(split.train());
      List<String> test = lines(split.test());
      List<String> both = new ArrayList<>(train);
      both.addAll(test);
      assertThat(both).containsExactlyInAnyOrderElementsOf(lines(all));
      assertThat(train).doesNotContainAnyElementsOf(test);
      int[] held = perClass(split.test());
      int[] whole = perClass(all);
      for (int c = 0; c < Digits.CLASSES; c++) {
        assertThat(held[c]).isBetween(whole[c] / 4, whole[c] / 4 + 1);
      }
      // neither part is sorted by class
      assertThat(Arrays.stream(Tensors.toLongArray(split.test().labels())).limit(30).distinct())
          .hasSizeGreaterThan(5);
    }
  }

  @Test
  void theSeedDecidesTheSplit() {
    try (TrainTest a = DIGITS.split(1);
        TrainTest b = DIGITS.split(1);
        TrainTest c = DIGITS.split(2)) {
      assertThat(lines(a.train())).isEqualTo(lines(b.train()));
      assertThat(lines(a.test())).isEqualTo(lines(b.test()));
      assertThat(lines(a.test())).isNotEqualTo(lines(c.test()));
    }
  }

  @Test
  void theEnclosingScopeFreesTheSplitAndNothingEarlier() {
    Tensor images;
    try (Scope scope = Scope.open()) {
      images = DIGITS.split(0).train().images();
      assertThat(images.isNull()).isFalse();
    }
    assertThat(images.isNull()).isTrue();
  }
}
