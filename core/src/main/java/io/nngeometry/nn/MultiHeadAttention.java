package io.nngeometry.nn;

import io.nngeometry.engine.Normalisation;
import io.nngeometry.engine.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Self-attention with several heads (Vaswani et al. 2017), built of plain linear layers {@code q},
 * {@code k}, {@code v} and {@code proj}: (n, tokens, features) to the same. Scores are scaled by 1
 * / sqrt(size of a head). A causal one lets a token see itself and those before it alone.
 */
public final class MultiHeadAttention extends Module {
  private final Linear q;
  private final Linear k;
  private final Linear v;
  private final Linear proj;
  private final long heads;
  private final long headSize;
  private final boolean causal;

  /** Projections with biases. */
  public MultiHeadAttention(long features, long heads) {
    this(features, heads, true);
  }

  /**
   * @param features size of a token
   * @param heads number of heads; must divide the features
   * @param bias whether the projections have biases
   */
  public MultiHeadAttention(long features, long heads, boolean bias) {
    this(features, heads, bias, false);
  }

  /** Projections with biases, each token seeing itself and those before it. */
  public static MultiHeadAttention causal(long features, long heads) {
    return new MultiHeadAttention(features, heads, true, true);
  }

  private MultiHeadAttention(long features, long heads, boolean bias, boolean causal) {
    if (heads < 1 || features % heads != 0) {
      throw new IllegalArgumentException(
          "heads = %d must divide the features %d".formatted(heads, features));
    }
    this.causal = causal;
    this.heads = heads;
    this.headSize = features / heads;
    q = register("q", new Linear(features, features, bias));
    k = register("k", new Linear(features, features, bias));
    v = register("v", new Linear(features, features, bias));
    proj = register("proj", new Linear(features, features, bias));
  }

  @Override
  public Tensor forward(Tensor x) {
    Inputs.trailing("MultiHeadAttention", x, x.size(-2), heads * headSize);
    Tensor query = Tensors.times(byHead(q.forward(x)), 1 / Math.sqrt(headSize));
    Tensor scores = torch.matmul(query, byHead(k.forward(x)).transpose(-1, -2));
    if (causal) {
      scores = scores.masked_fill(later(x), Tensors.scalar(Double.NEGATIVE_INFINITY));
    }
    Tensor mixed = torch.matmul(Normalisation.softmax(scores, -1), byHead(v.forward(x)));
    return proj.forward(mixed.transpose(1, 2).flatten(2, 3));
  }

  /** Which tokens (column) come after which (row). */
  private static Tensor later(Tensor x) {
    long tokens = x.size(-2);
    return torch
        .ones(new long[] {tokens, tokens}, Tensors.options(x))
        .triu(1)
        .gt(Tensors.scalar(0));
  }

  /** (n, tokens, features) to (n, heads, tokens, head size). */
  private Tensor byHead(Tensor t) {
    return t.unflatten(-1, heads, headSize).transpose(1, 2);
  }
}
