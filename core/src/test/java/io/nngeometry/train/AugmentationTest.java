package io.nngeometry.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.HashSet;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AugmentationTest {
  private static final int N = 200;
  private static final int SIDE = 5;

  private Scope scope;
  private Tensor images;

  @BeforeEach
  void draw() {
    scope = Scope.open();
    images = Tensors.randn(1, Tensors.options(ScalarType.Double), N, 2, SIDE, SIDE);
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** The image moved, with -7 where nothing was. */
  private static double[] moved(Tensor image, int down, int right) {
    double[] in = Tensors.toArray(image);
    double[] out = new double[in.length];
    for (int c = 0; c < 2; c++) {
      for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
          int fromY = y + down;
          int fromX = x + right;
          boolean inside = fromY >= 0 && fromY < SIDE && fromX >= 0 && fromX < SIDE;
          out[(c * SIDE + y) * SIDE + x] = inside ? in[(c * SIDE + fromY) * SIDE + fromX] : -7;
        }
      }
    }
    return out;
  }

  @Test
  void aCropIsAShiftWithinThePadding() {
    double[] before = Tensors.toArray(images);
    Tensor cropped = Augmentation.randomCrop(1, -7).of(images, 3);
    assertThat(Tensors.toArray(images)).isEqualTo(before);
    Set<String> shifts = new HashSet<>();
    for (int k = 0; k < N; k++) {
      double[] got = Tensors.toArray(cropped.select(0, k));
      boolean found = false;
      for (int down = -1; down <= 1; down++) {
        for (int right = -1; right <= 1; right++) {
          if (java.util.Arrays.equals(got, moved(images.select(0, k), down, right))) {
            found = true;
            shifts.add(down + "," + right);
          }
        }
      }
      assertThat(found).as("image %d", k).isTrue();
    }
    assertThat(shifts).hasSize(9);
  }

  @Test
  void aFlipMirrorsAboutHalf() {
    Tensor flipped = Augmentation.horizontalFlip().of(images, 4);
    int mirrored = 0;
    for (int k = 0; k < N; k++) {
      double[] got = Tensors.toArray(flipped.select(0, k));
      double[] mirror = Tensors.toArray(images.select(0, k).flip(2));
      if (java.util.Arrays.equals(got, mirror)) {
        mirrored++;
      } else {
        assertThat(got).isEqualTo(Tensors.toArray(images.select(0, k)));
      }
    }
    assertThat(mirrored).isBetween(70, 130); // four standard deviations
  }

  @Test
  void theSeedDecides() {
    Augmentation both = Augmentation.randomCrop(2, 0).then(Augmentation.horizontalFlip());
    double[] one = Tensors.toArray(both.of(images, 1));
    assertThat(Tensors.toArray(both.of(images, 1))).isEqualTo(one);
    assertThat(Tensors.toArray(both.of(images, 2))).isNotEqualTo(one);
    assertThat(Augmentation.NONE.of(images, 1)).isSameAs(images);
  }

  @Test
  void onlyImagesAreShiftedOrMirrored() {
    Tensor rows = images.flatten(1, 3);
    assertThatThrownBy(() -> Augmentation.horizontalFlip().of(rows, 0))
        .hasMessageContaining("(n, channels, height, width)");
    assertThatThrownBy(() -> Augmentation.randomCrop(1, 0).of(rows, 0))
        .hasMessageContaining("(n, channels, height, width)");
    assertThatThrownBy(() -> Augmentation.randomCrop(0, 0)).hasMessageContaining("at least one");
  }
}
