package io.nngeometry.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
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
  /** A root is kept while it is so many times narrower than it is high. */
  private static final long NARROW = 2;

  /** Rows that are copied above the diagonal at a time. */
  private static final long STRIP = 256;

  private final Map<Object, Image> images = new LinkedHashMap<>();
  private final List<Tensor> roots = new ArrayList<>();
  private long columns = Long.MAX_VALUE;
  private @Nullable Tensor sum;
  private boolean lowerOnly;

  /** A part of a sum that is the image of sums of its own, and is made when those are whole. */
  public interface Image extends AutoCloseable {
    /** The part, a tensor that is the caller's alone. */
    Tensor value();

    @Override
    void close();
  }

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
    return sum == null && images.isEmpty() && roots.isEmpty();
  }

  /**
   * Tells how many columns all terms of {@link #addMoment} will have. If they are few, moments are
   * not multiplied: what is kept is the root R of their sum R R^T.
   */
  public void expect(long all) {
    columns = all;
  }

  /** An empty sum that expects the same. */
  public Total another() {
    Total other = new Total();
    other.columns = columns;
    return other;
  }

  /** Whether of moments with so many rows the root is kept. */
  public boolean keepsRoot(long side) {
    return sum == null && images.isEmpty() && isNarrow(columns, side);
  }

  /** Whether so few columns are expected of moments with so many rows that their root is kept. */
  public static boolean isNarrow(long columns, long side) {
    return columns <= side / NARROW;
  }

  /** The root of the sum so far, (m, side, columns), if all terms were moments that were kept. */
  public Optional<Tensor> root() {
    if (roots.isEmpty() || sum != null || !images.isEmpty()) {
      return Optional.empty();
    }
    if (roots.size() > 1) {
      Tensor all = Scope.detach(Tensors.cat(roots, 2));
      roots.forEach(Tensor::close);
      roots.clear();
      roots.add(all);
    }
    return Optional.of(roots.get(0));
  }

  /**
   * The part of this sum that has a key, begun if there is none. Something must be added to it
   * before {@link #value} asks for it, and it ends there.
   */
  public <T extends Image> T image(Object key, Class<T> type, Supplier<T> begin) {
    return type.cast(images.computeIfAbsent(key, k -> begin.get()));
  }

  /** The sum so far, which is not the caller's to keep. */
  public Tensor value() {
    try (Scope scope = Scope.open()) {
      images.values().forEach(image -> add(image.value()));
    }
    closeImages();
    for (Tensor root : roots) {
      addWhole(root.unsqueeze(0), 1);
      root.close();
    }
    roots.clear();
    if (sum == null) {
      throw new IllegalStateException("a sum without terms has no shape");
    }
    if (lowerOnly) {
      copyLower(sum);
      lowerOnly = false;
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

  /**
   * Adds a multiple of the sum over the first axis of the products of matrices, (n, m, i, j) with
   * (n, m, j, k), in which n may be large and the matrices small.
   */
  public void addProducts(Tensor a, Tensor b, double factor) {
    if (!Products.serve(a) || !Products.serve(b)) {
      add(torch.matmul(a, b).sum(0), factor);
      return;
    }
    boolean more = sum != null;
    Products.add(begun(a, a.size(1), a.size(2), b.size(3)), a, b, factor, more);
  }

  /**
   * The same for products of matrices with their own transpose, (n, m, i, j).
   *
   * @param factor not negative
   */
  public void addMoment(Tensor x, double factor) {
    if (!keepsRoot(x.size(2))) {
      addWhole(x, factor);
      return;
    }
    try (Scope scope = Scope.open()) {
      Tensor beside = x.permute(1, 2, 0, 3).flatten(2, 3);
      roots.add(Scope.detach(beside.mul(new Scalar(Math.sqrt(factor))).contiguous()));
    }
  }

  private void addWhole(Tensor x, double factor) {
    if (!Products.serve(x)) {
      add(torch.matmul(x, x.transpose(2, 3)).sum(0), factor);
      return;
    }
    boolean more = sum != null;
    Tensor mine = begun(x, x.size(1), x.size(2), x.size(2));
    lowerOnly |= Products.addMoment(mine, x, factor, more);
  }

  /** The sum, whose numbers mean nothing yet if it is a new one. */
  private Tensor begun(Tensor like, long... shape) {
    if (sum == null) {
      sum = Scope.detach(Tensors.empty(like, shape));
    } else if (!Arrays.equals(Tensors.shape(sum), shape)
        || !sum.is_contiguous()
        || Tensors.type(sum) != Tensors.type(like)) {
      // the BLAS would write past the end
      throw new IllegalArgumentException(
          "a term of shape %s does not fit a sum of shape %s"
              .formatted(Arrays.toString(shape), Arrays.toString(Tensors.shape(sum))));
    }
    return sum;
  }

  /** Copies what is below the diagonal of symmetric matrices (m, f, f) above it. */
  private static void copyLower(Tensor matrices) {
    try (Scope scope = Scope.open()) {
      long f = matrices.size(1);
      for (long at = 0; at < f; at += STRIP) {
        long count = Math.min(STRIP, f - at);
        Tensor rows = matrices.narrow(1, at, count);
        Tensor square = rows.narrow(2, at, count);
        square.copy_(square.tril().add_(square.tril(-1).transpose(1, 2)));
        long after = f - at - count;
        if (after > 0) {
          Tensor below = matrices.narrow(1, at + count, after).narrow(2, at, count);
          rows.narrow(2, at + count, after).copy_(below.transpose(1, 2));
        }
      }
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

  private void closeImages() {
    images.values().forEach(Image::close);
    images.clear();
  }

  @Override
  public void close() {
    closeImages();
    roots.forEach(Tensor::close);
    if (sum != null) {
      sum.close();
    }
  }
}
