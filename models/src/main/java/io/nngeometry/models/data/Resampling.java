package io.nngeometry.models.data;

import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Tensor;

/**
 * Another size for pictures, by linear interpolation whose triangle is as wide as the pixels it
 * replaces, so that shrinking averages and leaves no patterns. It is separable: a matrix for the
 * rows, and one for the columns.
 *
 * @param rows (new height, height), each row adds up to one
 * @param columns (new width, width), likewise
 */
record Resampling(Tensor rows, Tensor columns) {

  /** From {@code height x width} to the size of {@code framing}; matrices are like {@code like}. */
  static Resampling of(int height, int width, Framing framing, Tensor like) {
    double tall = height;
    double wide = width;
    if (framing.fit() == Framing.Fit.CROP) {
      double scale = Math.min(tall / framing.height(), wide / framing.width());
      tall = scale * framing.height();
      wide = scale * framing.width();
    }
    return new Resampling(
        axis(height, tall, framing.height()).to(like.device(), Tensors.type(like)),
        axis(width, wide, framing.width()).to(like.device(), Tensors.type(like)));
  }

  /** Pictures of any batch axes, (..., height, width), in the new size. */
  Tensor apply(Tensor pictures) {
    return rows.matmul(pictures).matmul(columns.t());
  }

  /** The middle {@code window} of {@code size} pixels as {@code count}. */
  private static Tensor axis(int size, double window, int count) {
    double scale = window / count;
    double reach = Math.max(scale, 1);
    double[] weights = new double[Math.multiplyExact(count, size)];
    for (int i = 0; i < count; i++) {
      double centre = (size - window) / 2 + (i + 0.5) * scale;
      int from = Math.max(0, (int) Math.floor(centre - reach));
      int to = Math.min(size, (int) Math.ceil(centre + reach) + 1);
      double sum = 0;
      for (int j = from; j < to; j++) {
        double weight = Math.max(0, 1 - Math.abs(j + 0.5 - centre) / reach);
        weights[i * size + j] = weight;
        sum += weight;
      }
      for (int j = from; j < to; j++) {
        weights[i * size + j] /= sum;
      }
    }
    return Tensors.of(weights, count, size);
  }
}
