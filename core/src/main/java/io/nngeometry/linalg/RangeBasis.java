package io.nngeometry.linalg;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.linalg.Probes.Distribution;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * An orthonormal basis Q (k, d) of what a symmetric M does to random rows Omega, with M Q and the
 * lower triangular L of Omega M = L Q. Grows at two products a vector; lives in its caller's scope.
 */
final class RangeBasis {
  /** What a new vector may keep of its length and yet be nothing but rounding, in roundings. */
  private static final double ROUNDING = 100;

  private final LinearOperator operator;
  private final TensorOptions options;
  private final Distribution distribution;
  private final long seed;
  private final String who;
  private Tensor q;
  private Tensor image;
  private Tensor triangle;
  private long[] places = {};
  private long drawn;
  private long size;
  private long products;
  private boolean complete;

  RangeBasis(
      LinearOperator operator,
      TensorOptions options,
      Distribution distribution,
      long seed,
      String who) {
    LinearOperator.requireSymmetric(operator, who + " estimates");
    this.operator = operator;
    this.options = options;
    this.distribution = distribution;
    this.seed = seed;
    this.who = who;
    q = torch.zeros(new long[] {0, operator.size()}, options);
    image = q.clone();
    triangle = torch.zeros(new long[] {0, 0}, Tensors.options(ScalarType.Double));
  }

  long size() {
    return size;
  }

  long products() {
    return products;
  }

  /** Whether M maps everything into the basis, to rounding: then Q holds all there is of M. */
  boolean complete() {
    return complete;
  }

  Tensor q() {
    return q.narrow(0, 0, size);
  }

  /** M Q. */
  Tensor image() {
    return image.narrow(0, 0, size);
  }

  /** L, float64. */
  Tensor triangle() {
    return triangle.narrow(0, 0, size).narrow(1, 0, size);
  }

  /** Q M Q^T, float64. */
  Tensor core() {
    return Scope.keeping(() -> q().matmul(image().t()).to(ScalarType.Double));
  }

  /** The random rows {@code first} to {@code first + count} that the basis is made of. */
  Tensor omega(long first, long count) {
    long[] mine = Arrays.copyOfRange(places, (int) first, (int) (first + count));
    return distribution.draw(seed, mine, options, operator.size());
  }

  /** Numbers of every random row, (size, ...), made chunk by chunk. */
  Tensor overOmega(UnaryOperator<Tensor> numbers) {
    List<Tensor> parts = new ArrayList<>();
    for (long first = 0; first < size; first += chunk(first, size)) {
      long from = first;
      parts.add(Scope.keeping(() -> numbers.apply(omega(from, chunk(from, size)))));
    }
    return Tensors.cat(parts, 0);
  }

  /** How many rows the chunk at {@code first} has, of {@code all}. */
  long chunk(long first, long all) {
    return Math.min(Probes.chunk(operator.size()), all - first);
  }

  /** Grows to {@code target} vectors, d at the most, or until complete; tells after every chunk. */
  void grow(long target, Runnable tell) {
    long all = Math.min(target, operator.size());
    reserve(all);
    while (size < all && !complete) {
      try (Scope scope = Scope.open()) {
        extend(chunk(size, all));
      }
      tell.run();
    }
  }

  private void reserve(long capacity) {
    if (capacity > q.size(0)) {
      q = grown(q, capacity, operator.size());
      image = grown(image, capacity, operator.size());
      triangle = grown(triangle, capacity, capacity);
    }
  }

  private static Tensor grown(Tensor old, long rows, long columns) {
    Tensor wide = Tensors.zeros(old, rows, columns);
    try (Scope scope = Scope.open()) {
      wide.narrow(0, 0, old.size(0)).narrow(1, 0, old.size(1)).copy_(old);
    }
    old.close();
    return wide;
  }

  private void extend(long count) {
    Tensor omega = distribution.draw(seed, drawn, count, options, operator.size());
    Tensor y = Checked.product(operator, omega, who);
    products += count;
    // twice, for what is left may be small and then is orthogonal to the basis by half
    Tensor[] first = projected(y);
    Tensor[] second = projected(first[2]);
    Tensor within = first[0].add(first[1].matmul(second[0]));
    Tensor beside = first[1].matmul(second[1]);
    long kept = independent(beside.diagonal(), y);
    if (kept > 0) {
      Tensor next = second[2].narrow(0, 0, kept).contiguous();
      q.narrow(0, size, kept).copy_(next);
      image.narrow(0, size, kept).copy_(Checked.product(operator, next, who));
      products += kept;
      Tensor rows = triangle.narrow(0, size, kept);
      rows.narrow(1, 0, size).copy_(within.narrow(0, 0, kept));
      rows.narrow(1, size, kept).copy_(beside.narrow(0, 0, kept).narrow(1, 0, kept));
      places =
          LongStream.concat(Arrays.stream(places), LongStream.range(drawn, drawn + kept)).toArray();
      size += kept;
    }
    drawn += Math.min(count, kept + 1);
    complete = size == operator.size() || kept < count && nothingLeft();
  }

  /** How many lengths come before the first that is rounding of the images. */
  private static long independent(Tensor lengths, Tensor images) {
    double[] left = Tensors.toArray(lengths.abs());
    double[] norms = Tensors.toArray(Equations.norms(images));
    double rounding = ROUNDING * Sketch.rounding(images);
    int kept = 0;
    while (kept < left.length && left[kept] > rounding * norms[kept]) {
      kept++;
    }
    return kept;
  }

  /** One vector that is new in every direction tells: vectors of signs may depend by chance. */
  private boolean nothingLeft() {
    Tensor test = Tensors.randn(Seeds.of(~seed, drawn), options, 1, operator.size());
    Tensor y = Checked.product(operator, test, who);
    products++;
    Tensor[] first = projected(y);
    Tensor left = projected(first[2])[1].mul(first[1]);
    return independent(left.view(1), y) == 0;
  }

  /** {C, L, P} with y = C Q + L P, P orthonormal. */
  private Tensor[] projected(Tensor y) {
    Tensor c = y.matmul(q().t());
    T_TensorTensor_T qr = torch.linalg_qr(y.sub(c.matmul(q())).t());
    return new Tensor[] {c, new Tensor(qr.get1()).t(), new Tensor(qr.get0()).t().contiguous()};
  }

  Map<String, Tensor> state() {
    Map<String, Tensor> state = new HashMap<>();
    state.put("q", q());
    state.put("image", image());
    state.put("triangle", triangle());
    state.put("places", Tensors.of(places, places.length));
    state.put("drawn", Run.counter(drawn));
    state.put("products", Run.counter(products));
    state.put("complete", Run.counter(complete ? 1 : 0));
    return state;
  }

  void restore(Run run) {
    long k = run.get("q").size(0);
    reserve(k);
    size = k;
    q().copy_(run.get("q"));
    image().copy_(run.get("image"));
    triangle().copy_(run.get("triangle"));
    places = Tensors.toLongArray(run.get("places"));
    drawn = run.counter("drawn");
    products = run.counter("products");
    complete = run.counter("complete") == 1;
  }
}
