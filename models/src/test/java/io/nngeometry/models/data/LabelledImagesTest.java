package io.nngeometry.models.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LabelledImagesTest {
  private Scope scope;
  private LabelledImages data;

  @BeforeEach
  void open() {
    scope = Scope.open();
    Tensor labels = Tensors.of(LongStream.range(0, 20).toArray(), 20);
    data = new LabelledImages(labels.to(ScalarType.Float).reshape(20, 1, 1, 1).clone(), labels);
  }

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void slicesOutliveTheWhole() {
    LabelledImages middle = data.slice(5, 8);
    LabelledImages first = data.take(2);
    data.close();
    assertThat(data.images().isNull()).isTrue();
    assertThat(Tensors.toLongArray(middle.labels())).containsExactly(5, 6, 7);
    assertThat(Tensors.toArray(middle.images())).containsExactly(5, 6, 7);
    assertThat(Tensors.toLongArray(first.labels())).containsExactly(0, 1);
    assertThat(middle.take(0).size()).isZero();
  }

  @Test
  void shufflingKeepsPairsTogetherAndDependsOnTheSeed() {
    LabelledImages once = data.shuffled(3);
    long[] labels = Tensors.toLongArray(once.labels());
    assertThat(Tensors.toArray(once.images()))
        .containsExactly(LongStream.of(labels).asDoubleStream().toArray());
    assertThat(labels).containsExactlyInAnyOrder(LongStream.range(0, 20).toArray());
    assertThat(Tensors.toLongArray(data.shuffled(3).labels())).containsExactly(labels);
    assertThat(Tensors.toLongArray(data.shuffled(4).labels())).isNotEqualTo(labels);
  }

  @Test
  void theOrderOfASeedNeverChanges() {
    assertThat(Permutation.of(8, 42)).containsExactly(4, 6, 1, 2, 3, 7, 5, 0);
  }

  @Test
  void refusesWhatDoesNotFit() {
    assertThatThrownBy(() -> data.take(21)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> data.slice(3, 2)).isInstanceOf(IndexOutOfBoundsException.class);
    Tensor images = torch.ones(2, 1, 3, 3);
    assertThatThrownBy(() -> new LabelledImages(images, data.labels()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(2)")
        .hasMessageContaining("[20]");
    assertThatThrownBy(() -> new LabelledImages(images, torch.ones(2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Float");
    assertThatThrownBy(() -> new LabelledImages(torch.ones(2, 9), torch.ones(2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[2, 9]");
  }
}
