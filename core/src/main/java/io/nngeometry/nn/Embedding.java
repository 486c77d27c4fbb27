package io.nngeometry.nn;

import io.nngeometry.engine.GradMode;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.EmbeddingRule;
import io.nngeometry.layers.LayerRule;
import io.nngeometry.layers.Parameter;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A lookup table: int64 indices (n, ...) to rows (n, ..., dim). */
public final class Embedding extends LayerModule {
  private static final long NO_PADDING = -1;

  private final Parameter weight;
  private final long paddingIndex;

  /** A table all of whose rows are trained. */
  public Embedding(long numEmbeddings, long dim) {
    this(table(numEmbeddings, dim), NO_PADDING);
    reset(0);
  }

  /**
   * A table with a row that gets no gradient.
   *
   * @param paddingIndex the row, zero at first; negative ones count from the end
   */
  public Embedding(long numEmbeddings, long dim, long paddingIndex) {
    this(table(numEmbeddings, dim), paddingIndex < 0 ? paddingIndex + numEmbeddings : paddingIndex);
    if (this.paddingIndex < 0 || this.paddingIndex >= numEmbeddings) {
      throw new IllegalArgumentException(
          "padding index %d is not a row of a table of %d".formatted(paddingIndex, numEmbeddings));
    }
    reset(0);
  }

  private Embedding(Parameter weight, long paddingIndex) {
    this.weight = register("weight", weight);
    this.paddingIndex = paddingIndex;
  }

  private static Parameter table(long numEmbeddings, long dim) {
    return Init.zeros(
        Inputs.positive("number of embeddings", numEmbeddings),
        Inputs.positive("embedding size", dim));
  }

  /** A table (rows, dim) that is another layer's weight: one parameter, used twice. */
  public static Embedding tied(Parameter weight) {
    return new Embedding(weight, NO_PADDING);
  }

  @Override
  protected Tensor compute(Tensor x) {
    check(x);
    Tensor rows = torch.embedding(weight.value(), x, paddingIndex, false, false);
    if (paddingIndex < 0) {
      return rows;
    }
    // reverse mode leaves the padding row out by itself; forward mode has to be told
    Tensor padding = x.eq(Tensors.scalar((double) paddingIndex)).unsqueeze(-1);
    return torch.where(padding, rows.detach(), rows);
  }

  private void check(Tensor x) {
    if (x.scalar_type().intern() != ScalarType.Long) {
      throw new IllegalArgumentException(
          "Embedding takes int64 indices, got " + x.scalar_type().intern());
    }
    if (x.numel() == 0) {
      return;
    }
    try (Scope scope = Scope.open()) {
      long least = x.min().item_long();
      long greatest = x.max().item_long();
      if (least < 0 || greatest >= weight.shape()[0]) {
        throw new IllegalArgumentException(
            "Embedding has rows 0 to %d, got index %d"
                .formatted(weight.shape()[0] - 1, least < 0 ? least : greatest));
      }
    }
  }

  @Override
  protected LayerRule makeRule() {
    return new EmbeddingRule(weight, paddingIndex);
  }

  @Override
  protected void reset(long seed) {
    Init.normal(weight, 1, seed);
    if (paddingIndex >= 0) {
      try (Scope scope = Scope.open();
          GradMode none = GradMode.disabled()) {
        weight.tensor().select(0, paddingIndex).zero_();
      }
    }
  }

  /** (rows, dim). */
  public Parameter weight() {
    return weight;
  }
}
