package io.nngeometry.engine;

import java.util.function.Consumer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A sum of tensors of one shape and type that grows where it is: products are added as they are
 * multiplied. The first term becomes the sum, since zeros and their sum with it would take as long
 * as many a product. It outlives every scope until it is closed.
 */
public final class Total implements AutoCloseable {
  private @Nullable Tensor sum;

  /**
   * What some terms add up to, a tensor of the scope around.
   *
   * @param terms adds at least one
   */
  public static Tensor of(Consumer<? super Total> terms) {
    try (Total total = new Total()) {
      terms.accept(total);
      return Scope.owner().adopt(total.value());
    }
  }

  /** Whether nothing has been added. */
  public boolean isEmpty() {
    return sum == null;
  }

  /** The sum so far, which is not the caller's to keep. */
  public Tensor value() {
    if (sum == null) {
      throw new IllegalStateException("a sum without terms has no shape");
    }
    return sum;
  }

  /** Adds a contiguous tensor that is the caller's alone, and passes to the sum. */
  public void add(Tensor term) {
    add(term, 1);
  }

  /** Adds a multiple of a contiguous tensor that is the caller's alone, and passes to the sum. */
  public void add(Tensor term, double factor) {
    if (sum == null) {
      begin(term, factor);
    } else {
      sum.add_(term, new Scalar(factor));
    }
  }

  /** Adds a multiple of the products of matrices, (m, i, j) with (m, j, k). */
  public void addProduct(Tensor a, Tensor b, double factor) {
    if (sum == null) {
      begin(torch.bmm(a, b), factor);
    } else {
      sum.baddbmm_(a, b, new Scalar(1), new Scalar(factor));
    }
  }

  /** Adds the square of every element. */
  public void addSquare(Tensor t) {
    if (sum == null) {
      begin(t.square(), 1);
    } else {
      sum.addcmul_(t, t);
    }
  }

  private void begin(Tensor first, double factor) {
    sum = Scope.detach(factor == 1 ? first : first.mul_(new Scalar(factor)));
  }

  @Override
  public void close() {
    if (sum != null) {
      sum.close();
    }
  }
}
