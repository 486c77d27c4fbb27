package io.nngeometry.layers;

import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Gradients sum over positions t of g[k,i,t] a[i,t]^T as their factors. With one position the
 * kernel is (A A'^T) o (G G'^T). With more it is the sum over t, t' of &lt;a_t, a'_t'&gt; &lt;g_t,
 * g'_t'&gt;, contracted as g_t . (sum over t' of &lt;a_t, a'_t'&gt; g'_t').
 */
final class FactorJacobian extends LayerJacobian {
  private final Inputs inputs;
  private final int outputs;
  private @Nullable Tensor signals; // (groups, n, r, S, f)

  /** The input's side of the factors. */
  sealed interface Inputs extends AutoCloseable {
    /**
     * Inner products of the first {@code count} examples' inputs with those of the other's example
     * {@code i}, at all positions: (groups, count, S, S').
     */
    Tensor similarity(long count, Inputs other, long i, Tensor like);

    /** Inner products between all, each with one position: (groups, n, n'). */
    Tensor pairs(Inputs other, Tensor like);

    @Override
    void close();
  }

  /** Vectors (groups, n, S, f). */
  static final class Dense implements Inputs {
    private final Tensor factor;

    /**
     * @param factor (n, groups, S, f)
     */
    Dense(Tensor factor) {
      // a copy only where memory is not in this order already
      this.factor = Scope.detach(Scope.keeping(() -> factor.detach().transpose(0, 1).contiguous()));
    }

    @Override
    public Tensor similarity(long count, Inputs other, long i, Tensor like) {
      Tensor mine = factor.narrow(1, 0, count);
      Tensor theirs = ((Dense) other).factor.select(1, i);
      return torch
          .bmm(mine.flatten(1, 2), theirs.transpose(1, 2))
          .view(mine.size(0), count, mine.size(2), theirs.size(1));
    }

    @Override
    public Tensor pairs(Inputs other, Tensor like) {
      Tensor theirs = ((Dense) other).factor.squeeze(2);
      return torch.bmm(factor.squeeze(2), theirs.transpose(1, 2));
    }

    @Override
    public void close() {
      factor.close();
    }
  }

  /** One-hot vectors by the number of their hot element, (n, S), negative where there is none. */
  static final class Hot implements Inputs {
    private final Tensor hot;

    Hot(Tensor hot) {
      this.hot = Scope.detach(Scope.keeping(hot::clone));
    }

    @Override
    public Tensor similarity(long count, Inputs other, long i, Tensor like) {
      Tensor theirs = ((Hot) other).hot.select(0, i);
      return equal(hot.narrow(0, 0, count).unsqueeze(2), theirs.view(1, 1, -1), like).unsqueeze(0);
    }

    @Override
    public Tensor pairs(Inputs other, Tensor like) {
      return equal(hot, ((Hot) other).hot.t(), like).unsqueeze(0);
    }

    private static Tensor equal(Tensor a, Tensor b, Tensor like) {
      return a.eq(b).logical_and(a.ge(new Scalar(0))).to(Tensors.type(like));
    }

    @Override
    public void close() {
      hot.close();
    }
  }

  FactorJacobian(Inputs inputs, int outputs) {
    this.inputs = inputs;
    this.outputs = outputs;
  }

  @Override
  public void set(int first, StackedGradients gradients) {
    int k = first;
    for (LayerGradients g : gradients.each()) {
      Tensor mine = g.outer().signal(); // (n, groups, S, f)
      if (signals == null) {
        signals =
            Scope.detach(
                Tensors.empty(
                    mine, mine.size(1), mine.size(0), outputs, mine.size(2), mine.size(3)));
      }
      signals.select(2, k++).copy_(mine.transpose(0, 1));
    }
  }

  private Tensor signals() {
    return java.util.Objects.requireNonNull(signals, "no gradients have been set");
  }

  private boolean single() {
    return signals().size(3) == 1;
  }

  @Override
  public Tensor gram(LayerJacobian other) {
    FactorJacobian that = (FactorJacobian) other;
    return single() && that.single() ? pairs(that) : columns(that, false);
  }

  @Override
  public Tensor gram() {
    return single() ? pairs() : columns(this, true);
  }

  private Tensor pairs(FactorJacobian that) {
    Tensor g = signals();
    Tensor h = that.signals();
    long groups = g.size(0);
    long n = g.size(1);
    long m = h.size(1);
    Tensor products =
        torch
            .bmm(
                g.view(groups, n * outputs, g.size(4)),
                h.view(groups, m * that.outputs, h.size(4)).transpose(1, 2))
            .view(groups, n, outputs, m, that.outputs);
    Tensor similar = inputs.pairs(that.inputs, g).view(groups, n, 1, m, 1);
    return overGroups(products.mul_(similar)).permute(1, 0, 3, 2);
  }

  /** The sum over the first axis; most layers have one group. */
  private static Tensor overGroups(Tensor t) {
    return t.size(0) == 1 ? t.select(0, 0) : t.sum(0);
  }

  /** The same with itself, in strips of examples, each with those up to its own. */
  private Tensor pairs() {
    Tensor g = signals();
    long groups = g.size(0);
    long n = g.size(1);
    Tensor flat = g.view(groups, n * outputs, g.size(4));
    Tensor similar = inputs.pairs(inputs, g);
    Tensor result = Tensors.empty(g, n, outputs, n, outputs);
    SymmetricStrips.of(n, outputs)
        .forEach(
            (start, count) -> {
              long upTo = start + count;
              Tensor strip =
                  overGroups(
                      torch
                          .bmm(
                              flat.narrow(1, start * outputs, count * outputs),
                              flat.narrow(1, 0, upTo * outputs).transpose(1, 2))
                          .view(groups, count, outputs, upTo, outputs)
                          .mul_(
                              similar
                                  .narrow(1, start, count)
                                  .narrow(2, 0, upTo)
                                  .unsqueeze(2)
                                  .unsqueeze(4)));
              result.narrow(0, start, count).narrow(2, 0, upTo).copy_(strip);
              result.narrow(0, 0, upTo).narrow(2, start, count).copy_(strip.permute(2, 3, 0, 1));
            });
    return result.permute(1, 0, 3, 2);
  }

  /** One example of the other's at a time; of a symmetric pair those up to it alone. */
  private Tensor columns(FactorJacobian that, boolean symmetric) {
    Tensor g = signals();
    Tensor h = that.signals();
    long groups = g.size(0);
    long n = g.size(1);
    long m = h.size(1);
    long s = g.size(3);
    long f = g.size(4);
    Tensor result = Tensors.empty(g, n, outputs, m, that.outputs);
    for (long i = 0; i < m; i++) {
      long count = symmetric ? i + 1 : n;
      try (Scope scope = Scope.open()) {
        // (groups, count, S, S') times (groups, S', f r')
        Tensor similar = inputs.similarity(count, that.inputs, i, g).flatten(1, 2);
        Tensor theirs = h.select(1, i).permute(0, 2, 3, 1).flatten(2, 3);
        Tensor gathered = torch.bmm(similar, theirs).view(groups * count, s * f, that.outputs);
        Tensor mine = g.narrow(1, 0, count).reshape(groups * count, outputs, s * f);
        Tensor column = torch.bmm(mine, gathered).view(groups, count, outputs, that.outputs).sum(0);
        result.narrow(0, 0, count).select(2, i).copy_(column);
        if (symmetric && i > 0) {
          // K[i, :, j, :] is K[j, :, i, :] transposed
          result.select(0, i).narrow(1, 0, i).copy_(column.narrow(0, 0, i).permute(2, 0, 1));
        }
      }
    }
    return result.permute(1, 0, 3, 2);
  }

  @Override
  public void close() {
    inputs.close();
    if (signals != null) {
      signals.close();
      signals = null;
    }
  }
}
