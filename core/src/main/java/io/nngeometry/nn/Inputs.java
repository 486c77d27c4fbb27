package io.nngeometry.nn;

import io.nngeometry.engine.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

/** Errors about a layer's input that name the layer, before native code sees the input. */
final class Inputs {
  private Inputs() {}

  /** Requires from {@code minRank} to {@code maxRank} axes, and {@code channels} along axis 1. */
  static void channels(String kind, Tensor x, int minRank, int maxRank, long channels) {
    long rank = x.dim();
    if (rank < minRank || rank > maxRank) {
      throw new IllegalArgumentException(
          "%s takes inputs of %s axes, got shape %s"
              .formatted(
                  kind, minRank == maxRank ? minRank : minRank + " to " + maxRank, shape(x)));
    }
    if (x.size(1) != channels) {
      throw new IllegalArgumentException(
          "%s takes %d channels on axis 1, got shape %s".formatted(kind, channels, shape(x)));
    }
  }

  /** Requires the last axes to be {@code sizes}, after a batch axis. */
  static void trailing(String kind, Tensor x, long... sizes) {
    long[] shape = Tensors.shape(x);
    int lead = shape.length - sizes.length;
    if (lead < 1 || !Arrays.equals(Arrays.copyOfRange(shape, lead, shape.length), sizes)) {
      throw new IllegalArgumentException(
          "%s takes inputs whose last axes are %s after a batch axis, got shape %s"
              .formatted(kind, Arrays.toString(sizes), shape(x)));
    }
  }

  static long positive(String what, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(what + " must be positive, got " + value);
    }
    return value;
  }

  static String shape(Tensor x) {
    return Arrays.toString(Tensors.shape(x));
  }
}
