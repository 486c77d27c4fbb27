package io.nngeometry.layers;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Gradients of an embedding, whose left factors are one-hot: what is formed of an example are the
 * rows that it read. The one-hots themselves, (n, 1, S, V), exist only for who asks for them.
 */
public final class LookupGradients extends OuterGradients {
  /** Numbers in a tile of inner products between rows that were read. */
  private static final long TILE = 1 << 22;

  private final Lookup lookup;
  private final Scope.Owner lifetime = Scope.owner();
  private @Nullable Tensor rows;

  LookupGradients(MatrixLayout layout, Lookup lookup, Supplier<Tensor> oneHots, Tensor signal) {
    super(layout, oneHots, () -> signal, true);
    this.lookup = lookup;
  }

  /** Gradient rows of the pairs of an example and a row that it read, (U, E). */
  private Tensor rows() {
    if (rows == null) {
      rows = lifetime.adopt(lookup.byPair(signal()));
    }
    return rows;
  }

  @Override
  protected Tensor computePerExample() {
    return lookup.perExample(signal());
  }

  @Override
  public Tensor squareSumMatrix() {
    return lookup.byRow(rows().square()).unsqueeze(0);
  }

  @Override
  public Tensor squareSumMatrix(MatrixLayout matrices, Tensor rowBasis, Tensor columnBasis) {
    if (rowBasis.dim() > 2) {
      return super.squareSumMatrix(matrices, rowBasis, columnBasis);
    }
    return lookup.byRow(rows().matmul(columnBasis.select(0, 0)).square()).unsqueeze(0);
  }

  @Override
  public Tensor squaredNorms() {
    return lookup.byExample(rows().square().sum(1));
  }

  @Override
  public Tensor dot(Tensor v) {
    Tensor read = v.view(layout().rows(), layout().columns()).index_select(0, lookup.row());
    return lookup.byExample(read.mul(rows()).sum(1));
  }

  @Override
  public Tensor weightedSum(Tensor u) {
    Tensor weights = u.index_select(0, lookup.example()).unsqueeze(1);
    return lookup.byRow(rows().mul(weights)).reshape(-1);
  }

  @Override
  public Tensor gram(LayerGradients other) {
    if (!(other instanceof LookupGradients that)) {
      return super.gram(other);
    }
    Tensor theirs = that.rows();
    Tensor total = Tensors.zeros(rows(), examples(), that.examples());
    long pairs = rows().size(0);
    long tile = Math.max(1, TILE / Math.max(1, theirs.size(0)));
    for (long start = 0; start < pairs; start += tile) {
      try (Scope scope = Scope.open()) {
        long count = Math.min(tile, pairs - start);
        Tensor same =
            lookup.row().narrow(0, start, count).unsqueeze(1).eq(that.lookup.row().unsqueeze(0));
        Tensor products = rows().narrow(0, start, count).matmul(theirs.t()).mul(same);
        Tensor toTheirs =
            Tensors.zeros(total, count, that.examples())
                .index_add_(1, that.lookup.example(), products);
        total.index_add_(0, lookup.example().narrow(0, start, count), toTheirs);
      }
    }
    return total;
  }

  /** Sum over examples and positions of the outer product of the one-hots: its diagonal, (1, V). */
  static Tensor moment(Lookup lookup, Tensor like) {
    return lookup.frequencies(like).unsqueeze(0);
  }

  /** Sum over examples of the outer product of the mean one-hot, (1, V, V). */
  static Tensor reducedMoment(Lookup lookup, Tensor like) {
    Tensor shares = lookup.shares(like);
    return torch.matmul(shares.t(), shares).unsqueeze(0);
  }
}
