package io.nngeometry.operators;

import java.util.function.Supplier;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * a x + b y of two operators, and so of whatever is linear in them; where b is zero the second is
 * not asked.
 */
record Combination(double a, double b) {
  Tensor of(Tensor x, Supplier<Tensor> y) {
    Tensor scaled = x.mul(new Scalar(a));
    return b == 0 ? scaled : scaled.add(y.get(), new Scalar(b));
  }

  /** What the combination of two representations is called. */
  String name(String first, String second) {
    return b == 0 ? "multiple of " + first : "combination of %s and %s".formatted(first, second);
  }
}
