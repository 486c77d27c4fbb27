package io.nngeometry.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.models.data.DataSource;
import io.nngeometry.models.data.Dataset;
import io.nngeometry.models.data.Selection;
import io.nngeometry.train.Accuracy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;

class PretrainedTest {
  private static final int SIDE = 28;
  private static final Path PACKAGE = Path.of("/usr/share/datasets/fashion-mnist");

  /** Computed from the file by a forward pass written in NumPy, in float64. */
  private static final double[] LOGITS = {
    0.48632057, -0.68832417, 2.6599458, 1.07351963, -1.42914332,
    -2.16082682, 5.71714115, -1.68833323, -2.60852204, -1.82047167
  };

  @Test
  void theLogitsOfAFixedImageAreThoseOfAnotherImplementation() {
    try (Scope scope = Scope.open();
        GradMode none = GradMode.disabled()) {
      double[] pixels = new double[SIDE * SIDE];
      for (int k = 0; k < pixels.length; k++) {
        pixels[k] = Math.sin(k / SIDE + 2.0 * (k % SIDE));
      }
      Pretrained fashion = Pretrained.fashionMnist();
      assertThat(fashion.net().isTraining()).isFalse();
      double[] logits =
          Tensors.toArray(
              fashion.net().to(ScalarType.Double).forward(Tensors.of(pixels, 1, 1, SIDE, SIDE)));
      assertThat(logits).containsExactly(LOGITS, within(1e-7));
    }
  }

  @Test
  void itSaysHowItWasTrained() {
    assertThat(Pretrained.fashionMnist().recipe())
        .containsEntry("data", "fashion-mnist")
        .containsEntry("epochs", "5")
        .containsEntry("step", "3752")
        .containsEntry("seed", "1");
    assertThat(Pretrained.fashionMnist().testAccuracy()).isEqualTo(0.9071);
  }

  @Test
  void itHasItsAccuracyOnASliceOfTheTestImages() throws IOException {
    assumeTrue(Files.isDirectory(PACKAGE), "dataset-fashion-mnist is not installed");
    try (Scope scope = Scope.open();
        Dataset test = DataSource.of("fashion-mnist").load(Selection.test().first(1_000))) {
      // 907 of the first 1,000 images; 9,071 of all 10,000
      assertThat(
              Accuracy.of(
                  Pretrained.fashionMnist().net(),
                  test.inputs(),
                  test.targets().orElseThrow(),
                  250))
          .isCloseTo(0.907, within(1.5e-3));
    }
  }
}
