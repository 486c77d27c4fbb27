package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A tensor that terms are added to, perhaps in a wider type than theirs. */
final class Sum implements AutoCloseable {
  private final Tensor total;
  private final ScalarType resultType;

  /**
   * @param options type and device of the terms
   * @param accumulateIn type of the running sum
   */
  Sum(TensorOptions options, ScalarType accumulateIn, long... shape) {
    this.resultType = torch.typeMetaToScalarType(options.dtype());
    try (Scope scope = Scope.open()) {
      total = Scope.detach(torch.zeros(shape, options.dtype(new ScalarTypeOptional(accumulateIn))));
    }
  }

  void add(Tensor term) {
    total.add_(term);
  }

  void add(Tensor term, double factor) {
    total.add_(term, new Scalar(factor));
  }

  /** Adds a^T a for a of shape (m, p), without a temporary of the result's size if types agree. */
  void addGram(Tensor a) {
    if (Tensors.type(total) == Tensors.type(a)) {
      total.addmm_(a.t(), a);
    } else {
      total.add_(a.t().matmul(a));
    }
  }

  void merge(Sum other) {
    total.add_(other.total);
  }

  /** The sum over {@code n}, a new tensor of the terms' type. */
  Tensor mean(String what, double n) {
    if (!Tensors.isFinite(total)) {
      throw new ArithmeticException(
          "%s holds NaN or infinite values: the gradients overflowed".formatted(what));
    }
    return Scope.keeping(() -> total.div(new Scalar(n)).to(resultType));
  }

  @Override
  public void close() {
    total.close();
  }
}
