package io.nngeometry.train;

import io.nngeometry.engine.Tensors;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A random change to the inputs of a minibatch that leaves their labels true. */
@FunctionalInterface
public interface Augmentation {
  /** None. */
  Augmentation NONE = (inputs, seed) -> inputs;

  /**
   * The inputs, changed at random.
   *
   * @param inputs (n, ...); they are not changed in place
   * @param seed decides the change
   * @return of the same shape
   */
  Tensor of(Tensor inputs, long seed);

  /** This one, and then another. */
  default Augmentation then(Augmentation next) {
    return (inputs, seed) -> {
      SplittableRandom random = new SplittableRandom(seed);
      return next.of(of(inputs, random.nextLong()), random.nextLong());
    };
  }

  /**
   * Images (n, channels, height, width), each shifted by up to {@code padding} pixels along either
   * axis: a crop of the image padded on all sides (He et al. 2016, section 4.2).
   *
   * @param padding pixels, at least one
   * @param value of the pixels that come in: that of the background
   */
  static Augmentation randomCrop(int padding, double value) {
    if (padding < 1) {
      throw new IllegalArgumentException("a padding is at least one pixel, got " + padding);
    }
    return (images, seed) -> {
      requireImages(images);
      long n = images.size(0);
      long height = images.size(2);
      long width = images.size(3);
      Tensor padded =
          torch.full(
              new long[] {n, images.size(1), height + 2L * padding, width + 2L * padding},
              Tensors.scalar(value),
              Tensors.options(images));
      padded.narrow(2, padding, height).narrow(3, padding, width).copy_(images);
      Tensor cropped = torch.empty_like(images);
      SplittableRandom random = new SplittableRandom(seed);
      for (long k = 0; k < n; k++) {
        int down = random.nextInt(2 * padding + 1);
        int right = random.nextInt(2 * padding + 1);
        cropped
            .select(0, k)
            .copy_(padded.select(0, k).narrow(1, down, height).narrow(2, right, width));
      }
      return cropped;
    };
  }

  /** Images (n, channels, height, width), each mirrored left to right with probability one half. */
  static Augmentation horizontalFlip() {
    return (images, seed) -> {
      requireImages(images);
      SplittableRandom random = new SplittableRandom(seed);
      double[] mirrored = new double[Math.toIntExact(images.size(0))];
      for (int k = 0; k < mirrored.length; k++) {
        mirrored[k] = random.nextInt(2);
      }
      Tensor which =
          Tensors.of(mirrored, mirrored.length, 1, 1, 1).to(images.device(), images.scalar_type());
      return torch.where(which.gt(Tensors.scalar(0)), images.flip(3), images);
    };
  }

  private static void requireImages(Tensor images) {
    if (images.dim() != 4) {
      throw new IllegalArgumentException(
          "images are (n, channels, height, width), got %d axes".formatted(images.dim()));
    }
  }
}
