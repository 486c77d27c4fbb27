package io.nngeometry.models.data;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.Arrays;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Images with the class of each. It owns both tensors; what {@link #slice}, {@link #take} and
 * {@link #shuffled} return is closed on its own and stays valid when this is closed.
 *
 * @param images {@code (n, channels, height, width)}, floating point
 * @param labels {@code (n)}, int64
 */
public record LabelledImages(Tensor images, Tensor labels) implements AutoCloseable {

  /** Checks shapes and types. */
  public LabelledImages {
    if (images.dim() != 4 || !images.is_floating_point()) {
      throw new IllegalArgumentException(
          "images must be floating point of shape (n, channels, height, width), got "
              + Arrays.toString(Tensors.shape(images)));
    }
    if (labels.dim() != 1
        || labels.size(0) != images.size(0)
        || labels.scalar_type().intern() != ScalarType.Long) {
      throw new IllegalArgumentException(
          "labels must be int64 of shape (%d), got %s of shape %s"
              .formatted(
                  images.size(0), labels.scalar_type(), Arrays.toString(Tensors.shape(labels))));
    }
  }

  /** The number of images. */
  public int size() {
    return Math.toIntExact(images.size(0));
  }

  /**
   * The images from {@code start} until {@code end}, without copying them.
   *
   * @throws IndexOutOfBoundsException unless {@code 0 <= start <= end <= size()}
   */
  public LabelledImages slice(int start, int end) {
    Objects.checkFromToIndex(start, end, size());
    try (Scope scope = Scope.open()) {
      return new LabelledImages(
          scope.keep(Tensors.slice(images, 0, start, end, 1)),
          scope.keep(Tensors.slice(labels, 0, start, end, 1)));
    }
  }

  /**
   * The first {@code n} images, without copying them.
   *
   * @throws IndexOutOfBoundsException unless {@code 0 <= n <= size()}
   */
  public LabelledImages take(int n) {
    return slice(0, n);
  }

  /** A copy in a random order that depends on {@code seed} and the number of images alone. */
  public LabelledImages shuffled(long seed) {
    return select(Permutation.of(size(), seed));
  }

  /** A copy of the images with these indices, in this order. */
  LabelledImages select(int[] indices) {
    try (Scope scope = Scope.open()) {
      Tensor index =
          Tensors.of(Arrays.stream(indices).asLongStream().toArray(), indices.length)
              .to(images.device(), ScalarType.Long);
      return new LabelledImages(
          scope.keep(images.index_select(0, index)), scope.keep(labels.index_select(0, index)));
    }
  }

  @Override
  public void close() {
    images.close();
    labels.close();
  }
}
