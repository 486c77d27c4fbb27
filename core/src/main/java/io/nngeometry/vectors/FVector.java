package io.nngeometry.vectors;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;

/** A vector of function space: one number for each of c outputs on each of n examples, (c, n). */
public final class FVector extends Vector<FVector> {
  private FVector(Tensor values) {
    super(values);
    if (values.dim() != 2) {
      throw new IllegalArgumentException(
          "a function vector needs shape (c, n), got " + Arrays.toString(Tensors.shape(values)));
    }
  }

  /** The vector with values (c, n); it shares the tensor. */
  public static FVector of(Tensor values) {
    return new FVector(values);
  }

  /** Standard normal values; the same seed gives the same vector. */
  public static FVector random(long outputs, long examples, long seed, TensorOptions options) {
    return new FVector(Scope.keeping(() -> Tensors.randn(seed, options, outputs, examples)));
  }

  /** Number of outputs, c. */
  public long outputs() {
    return tensor().size(0);
  }

  /** Number of examples, n. */
  public long examples() {
    return tensor().size(1);
  }

  @Override
  FVector sameSpace(Tensor values) {
    return new FVector(values);
  }

  @Override
  void checkSameSpace(FVector other) {
    if (!Arrays.equals(Tensors.shape(tensor()), Tensors.shape(other.tensor()))) {
      throw new IllegalArgumentException(
          "function vectors of different shapes: %s and %s"
              .formatted(
                  Arrays.toString(Tensors.shape(tensor())),
                  Arrays.toString(Tensors.shape(other.tensor()))));
    }
  }

  @Override
  public String toString() {
    return "FVector (%d, %d)".formatted(outputs(), examples());
  }
}
