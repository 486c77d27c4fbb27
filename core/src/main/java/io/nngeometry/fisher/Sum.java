package io.nngeometry.fisher;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.engine.Total;
import java.util.Optional;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A sum of what examples bring, perhaps in a wider type than theirs, from which a mean is made. */
final class Sum implements AutoCloseable {
  private final long[] shape;
  private final TensorOptions options;
  private final ScalarType accumulateIn;
  private final ScalarType resultType;
  private final Total total = new Total();

  /**
   * @param options type and device of the terms
   * @param accumulateIn type of the running sum
   */
  Sum(TensorOptions options, ScalarType accumulateIn, long... shape) {
    this.resultType = torch.typeMetaToScalarType(options.dtype()).intern();
    this.accumulateIn = accumulateIn.intern();
    this.options = Scope.detach(options.dtype(new ScalarTypeOptional(resultType)));
    this.shape = shape.clone();
  }

  /** Lets some terms be added, in the terms' type. */
  void grow(Consumer<? super Total> terms) {
    if (accumulateIn == resultType) {
      terms.accept(total);
      return;
    }
    try (Scope scope = Scope.open();
        Total part = total.another()) {
      terms.accept(part);
      merge(part);
    }
  }

  /** Tells how many columns moments will have in all: see {@link Total#expect}. */
  void expect(long columns) {
    total.expect(columns);
  }

  /** Adds a term that is the caller's alone, and passes to the sum. */
  void add(Tensor term) {
    try (Scope scope = Scope.open()) {
      Tensor mine = term.reshape(shape);
      total.add(total.isEmpty() ? mine.to(accumulateIn).contiguous() : mine);
    }
  }

  /** Adds a^T a for a of shape (m, p), without a temporary of the result's size if types agree. */
  void addGram(Tensor a) {
    Tensor columns = a.t().unsqueeze(0).unsqueeze(0);
    grow(t -> t.addMoment(columns, 1));
  }

  void merge(Sum other) {
    merge(other.total);
  }

  private void merge(Total other) {
    if (other.isEmpty()) {
      return;
    }
    Optional<Tensor> root = other.root();
    if (root.isPresent()) {
      total.addMoment(root.get().unsqueeze(0).to(accumulateIn), 1);
    } else {
      Tensor theirs = other.value();
      add(total.isEmpty() ? theirs.clone() : theirs);
    }
  }

  /** The mean of moments: its root, (m, side, columns), where that was kept, or itself. */
  Tensor meanOrRoot(String what, double n) {
    Optional<Tensor> root = total.root();
    if (root.isEmpty()) {
      return mean(what, n);
    }
    checkFinite(what, root.get());
    return root.get().div(new Scalar(Math.sqrt(n))).to(resultType);
  }

  /** The sum over {@code n}, a new tensor of the terms' type. */
  Tensor mean(String what, double n) {
    if (total.isEmpty()) {
      return torch.zeros(shape, options);
    }
    Tensor sum = total.value();
    checkFinite(what, sum);
    return Scope.keeping(() -> sum.div(new Scalar(n)).reshape(shape).to(resultType));
  }

  /** Multiplications and additions that its eigenvectors take, about, if it is of matrices. */
  double eigenvectors() {
    if (shape.length < 3) {
      return 0;
    }
    double p = shape[1];
    double m = total.root().map(root -> root.size(2)).orElse(shape[1]);
    // of the root an orthonormal basis is made first
    return shape[0] * (10 * m * m * m + (m < p ? 6 * p * m * m : 0));
  }

  private static void checkFinite(String what, Tensor sum) {
    if (!Tensors.isFinite(sum)) {
      throw new ArithmeticException(
          "%s holds NaN or infinite values: the gradients overflowed".formatted(what));
    }
  }

  @Override
  public void close() {
    total.close();
  }
}
