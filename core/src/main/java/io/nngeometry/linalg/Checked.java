package io.nngeometry.linalg;

import io.nngeometry.engine.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;

/** What goes into operators and comes out of them, looked at once. */
final class Checked {
  private Checked() {}

  /** The image of rows, which must be of their shape and type and finite. */
  static Tensor product(LinearOperator operator, Tensor rows, String who) {
    return image(operator.apply(rows), rows, rows.size(0), operator.size(), who);
  }

  static Tensor image(Tensor image, Tensor rows, long m, long d, String who) {
    if (image.dim() != 2 || image.size(0) != m || image.size(1) != d) {
      throw new IllegalArgumentException(
          "%s asked an operator for images of shape (%d, %d) and got %s"
              .formatted(who, m, d, Arrays.toString(Tensors.shape(image))));
    }
    if (Tensors.type(image) != Tensors.type(rows)) {
      throw new IllegalArgumentException(
          "%s gave an operator vectors of type %s and got %s: give options of the operator's type"
              .formatted(who, Tensors.type(rows), Tensors.type(image)));
    }
    if (!Tensors.isFinite(image)) {
      throw new ArithmeticException(who + ": the operator gave NaN or infinite values");
    }
    return image;
  }

  /** Fails unless {@code rows} are finite vectors of d coordinates, one or more. */
  static void rows(Tensor rows, long d, String what) {
    if (rows.dim() != 2 || rows.size(1) != d || rows.size(0) == 0) {
      throw new IllegalArgumentException(
          "%s need shape (m, %d) with m of one or more, got %s"
              .formatted(what, d, Arrays.toString(Tensors.shape(rows))));
    }
    if (!rows.is_floating_point() || !Tensors.isFinite(rows)) {
      throw new IllegalArgumentException(what + " must be finite numbers of a floating type");
    }
  }

  /** Fails unless a damping or shift is a finite number. */
  static void lambda(double lambda) {
    if (!Double.isFinite(lambda)) {
      throw new IllegalArgumentException("lambda must be a finite number, got " + lambda);
    }
  }

  /** Fails unless {@code tolerance} is positive and {@code steps} are one or more. */
  static void options(String who, double tolerance, long steps) {
    if (!(tolerance > 0) || steps < 1) {
      throw new IllegalArgumentException(
          "%s need a positive tolerance and a step or more, got %s and %d"
              .formatted(who, tolerance, steps));
    }
  }
}
