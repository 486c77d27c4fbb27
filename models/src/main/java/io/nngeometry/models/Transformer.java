package io.nngeometry.models;

import io.nngeometry.engine.Tensors;
import io.nngeometry.nn.Embedding;
import io.nngeometry.nn.GELU;
import io.nngeometry.nn.LayerNorm;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import io.nngeometry.nn.MultiHeadAttention;
import io.nngeometry.nn.Sequential;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;

/**
 * A small decoder (Vaswani et al. 2017) with normalisation before each part, as in GPT-2 (Radford
 * et al. 2019): embeddings of the tokens and of their positions, blocks of causal attention and of
 * a perceptron with one hidden layer four times as wide, a last normalisation, and a linear layer
 * without bias that gives a logit for every token of the vocabulary. Inputs are int64 tokens (n,
 * length), outputs (n, length, vocabulary): the logits of what comes next, so that their metric is
 * {@code Metric.categorical(-1)} and their loss {@code Loss.crossEntropy(-1)}.
 *
 * <p>With vocabulary V, context T, width E and L blocks there are V E + T E + L (12 E^2 + 13 E) + 2
 * E parameters, and V E more if the last layer is not tied to the embedding.
 */
public final class Transformer extends Module {
  private static final long EXPANSION = 4;

  private final Options options;
  private final Embedding tokens;
  private final Embedding positions;
  private final Sequential blocks;
  private final LayerNorm norm;
  private final Linear head;

  /**
   * Sizes.
   *
   * @param vocabulary number of tokens
   * @param context greatest length of an input
   * @param width of a token's features
   * @param heads of each attention; must divide the width
   * @param depth number of blocks
   * @param tied whether the last layer's weight is the table of the tokens' embedding
   */
  public record Options(
      long vocabulary, long context, long width, long heads, int depth, boolean tied) {
    /** Two blocks of two heads, tied. */
    public static Options of(long vocabulary, long context, long width) {
      return new Options(vocabulary, context, width, 2, 2, true);
    }

    /** With other heads. */
    public Options heads(long value) {
      return new Options(vocabulary, context, width, value, depth, tied);
    }

    /** With another number of blocks. */
    public Options depth(int value) {
      return new Options(vocabulary, context, width, heads, value, tied);
    }

    /** With a last layer of its own weight. */
    public Options untied() {
      return new Options(vocabulary, context, width, heads, depth, false);
    }
  }

  /** A network of these sizes. */
  public Transformer(Options options) {
    if (options.depth() < 0) {
      throw new IllegalArgumentException("a depth is at least 0, got " + options.depth());
    }
    this.options = options;
    long width = options.width();
    tokens = register("tokens", new Embedding(options.vocabulary(), width));
    positions = register("positions", new Embedding(options.context(), width));
    Module[] parts = new Module[options.depth()];
    for (int k = 0; k < parts.length; k++) {
      parts[k] = new Block(width, options.heads());
    }
    blocks = register("blocks", new Sequential(parts));
    norm = register("norm", new LayerNorm(width));
    // registered last, so that a tied weight is drawn as a linear layer's: logits of size one
    head =
        register(
            "head",
            options.tied()
                ? Linear.tied(tokens.weight(), false)
                : new Linear(width, options.vocabulary(), false));
  }

  @Override
  public Tensor forward(Tensor x) {
    if (x.dim() != 2 || x.size(1) > options.context()) {
      throw new IllegalArgumentException(
          "Transformer takes tokens (n, length) of a length up to %d, got shape %s"
              .formatted(options.context(), java.util.Arrays.toString(Tensors.shape(x))));
    }
    long length = x.size(1);
    Tensor places =
        Tensors.of(LongStream.range(0, length).toArray(), 1, length).expand(x.size(0), length);
    Tensor h = tokens.forward(x).add(positions.forward(places));
    return head.forward(norm.forward(blocks.forward(h)));
  }

  /** Attention and a perceptron, each added to its input. */
  private static final class Block extends Module {
    private final LayerNorm norm1;
    private final MultiHeadAttention attention;
    private final LayerNorm norm2;
    private final Linear fc1;
    private final GELU gelu;
    private final Linear fc2;

    Block(long width, long heads) {
      norm1 = register("norm1", new LayerNorm(width));
      attention = register("attention", MultiHeadAttention.causal(width, heads));
      norm2 = register("norm2", new LayerNorm(width));
      fc1 = register("fc1", new Linear(width, EXPANSION * width));
      gelu = register("gelu", new GELU());
      fc2 = register("fc2", new Linear(EXPANSION * width, width));
    }

    @Override
    public Tensor forward(Tensor x) {
      Tensor h = x.add(attention.forward(norm1.forward(x)));
      return h.add(fc2.forward(gelu.forward(fc1.forward(norm2.forward(h)))));
    }
  }
}
