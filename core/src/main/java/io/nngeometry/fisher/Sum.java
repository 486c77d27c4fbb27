package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A tensor that terms are added to, perhaps in a wider type than theirs. The first term becomes the
 * sum: of a large layer's moments, zeros and their sum with it would take as long as the product
 * that makes it.
 */
final class Sum implements AutoCloseable {
  private final long[] shape;
  private final TensorOptions options;
  private final ScalarType accumulateIn;
  private final ScalarType resultType;
  private @Nullable Tensor total;

  /**
   * @param options type and device of the terms
   * @param accumulateIn type of the running sum
   */
  Sum(TensorOptions options, ScalarType accumulateIn, long... shape) {
    this.resultType = torch.typeMetaToScalarType(options.dtype());
    this.accumulateIn = accumulateIn;
    this.options = Scope.detach(options.dtype(new ScalarTypeOptional(resultType)));
    this.shape = shape.clone();
  }

  /** Adds a term that is the caller's alone, and passes to the sum. */
  void add(Tensor term) {
    add(term, 1);
  }

  /** Adds a multiple of a term that is the caller's alone, and passes to the sum. */
  void add(Tensor term, double factor) {
    if (total != null) {
      total.add_(term, new Scalar(factor));
      return;
    }
    try (Scope scope = Scope.open()) {
      Tensor first = term.to(accumulateIn).reshape(shape).contiguous();
      total = Scope.detach(factor == 1 ? first : first.mul_(new Scalar(factor)));
    }
  }

  /** Adds a^T a for a of shape (m, p), without a temporary of the result's size if types agree. */
  void addGram(Tensor a) {
    if (total != null && Tensors.type(total) == Tensors.type(a)) {
      total.addmm_(a.t(), a);
    } else {
      add(a.t().matmul(a));
    }
  }

  void merge(Sum other) {
    if (other.total != null) {
      add(total == null ? other.total.clone() : other.total);
    }
  }

  /** The sum over {@code n}, a new tensor of the terms' type. */
  Tensor mean(String what, double n) {
    Tensor sum = total;
    if (sum == null) {
      return torch.zeros(shape, options);
    }
    if (!Tensors.isFinite(sum)) {
      throw new ArithmeticException(
          "%s holds NaN or infinite values: the gradients overflowed".formatted(what));
    }
    return Scope.keeping(() -> sum.div(new Scalar(n)).to(resultType));
  }

  @Override
  public void close() {
    if (total != null) {
      total.close();
    }
  }
}
