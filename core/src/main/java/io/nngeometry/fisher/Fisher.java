package io.nngeometry.fisher;

import io.nngeometry.data.Examples;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.Model;
import io.nngeometry.operators.PMat;
import java.util.List;
import java.util.function.BiConsumer;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The Fisher information matrix (1/n) sum over examples i of J_i^T H_i J_i: the metric H of the
 * outputs pulled back to the parameters, a mean over examples and a sum over outputs. An immutable
 * description; {@link #as} computes.
 *
 * <pre>{@code
 * PMat F = Fisher.of(model, Metric.categorical()).on(data).as(Representation.KFAC);
 * PVector step = F.solve(gradient, Damping.tikhonov(1e-3)).times(-eta);
 * }</pre>
 */
public final class Fisher {
  private final Model model;
  private final Metric metric;
  private final @Nullable Examples data;
  private final @Nullable LayerCollection layers;
  private final Estimator estimator;
  private final @Nullable ScalarType accumulateIn;
  private final MemoryBudget budget;
  private final boolean fallback;
  private final BiConsumer<Long, Long> progress;

  private Fisher(
      Model model,
      Metric metric,
      @Nullable Examples data,
      @Nullable LayerCollection layers,
      Estimator estimator,
      @Nullable ScalarType accumulateIn,
      MemoryBudget budget,
      boolean fallback,
      BiConsumer<Long, Long> progress) {
    this.model = model;
    this.metric = metric;
    this.data = data;
    this.layers = layers;
    this.estimator = estimator;
    this.accumulateIn = accumulateIn;
    this.budget = budget;
    this.fallback = fallback;
    this.progress = progress;
  }

  /** The matrix of all parameters of {@code model}, in evaluation mode, by the exact estimator. */
  public static Fisher of(Model model, Metric metric) {
    return new Fisher(
        model,
        metric,
        null,
        null,
        Estimator.exact(),
        null,
        MemoryBudget.ofMachine(),
        false,
        (done, all) -> {});
  }

  /** The examples to average over. */
  public Fisher on(Examples examples) {
    return new Fisher(
        model, metric, examples, layers, estimator, accumulateIn, budget, fallback, progress);
  }

  /** The parameters of interest; all by default. */
  public Fisher layers(LayerCollection some) {
    return new Fisher(
        model, metric, data, some, estimator, accumulateIn, budget, fallback, progress);
  }

  /** How the metric becomes cotangents; exactly by default. */
  public Fisher estimator(Estimator other) {
    return new Fisher(model, metric, data, layers, other, accumulateIn, budget, fallback, progress);
  }

  /** The type of running sums, such as Double for a float32 model; the model's by default. */
  public Fisher accumulateIn(ScalarType type) {
    return new Fisher(model, metric, data, layers, estimator, type, budget, fallback, progress);
  }

  /** The bytes that matrices may take; seven tenths of the machine's memory by default. */
  public Fisher memoryBudget(MemoryBudget other) {
    return new Fisher(
        model, metric, data, layers, estimator, accumulateIn, other, fallback, progress);
  }

  /** Allows parameters that no rule covers, by reading examples one at a time. */
  public Fisher perExampleFallback() {
    return new Fisher(model, metric, data, layers, estimator, accumulateIn, budget, true, progress);
  }

  /** Tells {@code listener} examples done and examples in all, over all passes. */
  public Fisher progress(BiConsumer<Long, Long> listener) {
    return new Fisher(
        model, metric, data, layers, estimator, accumulateIn, budget, fallback, listener);
  }

  /** Computes the matrix in one representation. */
  public PMat as(Representation representation) {
    return as(new Representation[] {representation}).get(0);
  }

  /** Computes the matrix in several representations, which share every forward and backward. */
  public List<PMat> as(Representation... representations) {
    if (data == null) {
      throw new IllegalStateException("no examples: call on(examples) first");
    }
    LayerCollection collection = layers == null ? LayerCollection.of(model) : layers;
    Pass pass = new Pass(model, collection, data, fallback, progress);
    return new Estimation(pass, metric, estimator, accumulateIn, budget)
        .compute(List.of(representations));
  }
}
