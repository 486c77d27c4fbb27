package io.nngeometry.fisher;

import io.nngeometry.data.Examples;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.layers.Model;
import io.nngeometry.operators.PMat;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The Fisher information matrix (1/n) sum over examples i of J_i^T H_i J_i: the metric H of the
 * outputs pulled back to the parameters, a mean over examples and a sum over outputs. A
 * description; {@link #as} computes. Every option gives a new description.
 *
 * <pre>{@code
 * PMat F = Fisher.of(model, Metric.categorical()).on(data).as(Representation.KFAC);
 * PVector step = F.solve(gradient, Damping.tikhonov(1e-3)).times(-eta);
 * }</pre>
 */
public final class Fisher {
  private Subject subject;
  private final Metric metric;
  private Estimator estimator = Estimator.exact();
  private @Nullable ScalarType accumulateIn;
  private boolean centred;

  private Fisher(Subject subject, Metric metric) {
    this.subject = subject;
    this.metric = metric;
  }

  private Fisher with(Consumer<Fisher> change) {
    Fisher copy = new Fisher(subject, metric);
    copy.estimator = estimator;
    copy.accumulateIn = accumulateIn;
    copy.centred = centred;
    change.accept(copy);
    return copy;
  }

  /** The matrix of all parameters of {@code model}, in evaluation mode, by the exact estimator. */
  public static Fisher of(Model model, Metric metric) {
    return new Fisher(Subject.of(model), metric);
  }

  /**
   * The second moment (1/n) sum over examples i of grad l_i grad l_i^T of the gradients of any
   * loss; {@link #centred} their covariance. For a negative log-likelihood it is the empirical
   * Fisher matrix.
   *
   * <pre>{@code
   * ExampleLoss hinge =
   *     ExampleLoss.of((f, y) -> f.mul(y).neg().add(new Scalar(1)).relu().sum(1));
   * PMat C = Fisher.ofLoss(model, hinge).on(data).centred().as(Representation.KFAC);
   * }</pre>
   */
  public static Fisher ofLoss(Model model, ExampleLoss loss) {
    return of(model, Metric.ofLoss(loss)).estimator(Estimator.empirical());
  }

  /** The examples to average over. */
  public Fisher on(Examples examples) {
    return with(f -> f.subject = subject.on(examples));
  }

  /** The parameters of interest; all by default. */
  public Fisher layers(LayerCollection some) {
    return with(f -> f.subject = subject.in(some));
  }

  /** How the metric becomes cotangents; exactly by default. */
  public Fisher estimator(Estimator other) {
    return with(f -> f.estimator = other);
  }

  /**
   * Takes the mean over examples off the gradients, per cotangent: a covariance in place of a
   * second moment, as in TONGA (Le Roux, Manzagol and Bengio 2008).
   */
  public Fisher centred() {
    return with(f -> f.centred = true);
  }

  /** The type of running sums, such as Double for a float32 model; the model's by default. */
  public Fisher accumulateIn(ScalarType type) {
    return with(f -> f.accumulateIn = type);
  }

  /** The bytes that matrices may take; seven tenths of the machine's memory by default. */
  public Fisher memoryBudget(MemoryBudget other) {
    return with(f -> f.subject = subject.within(other));
  }

  /** Allows parameters that no rule covers, by reading examples one at a time. */
  public Fisher perExampleFallback() {
    return with(f -> f.subject = subject.withFallback());
  }

  /**
   * Tells {@code listener} examples done and examples in all, in every reading; what it throws,
   * such as a {@link java.util.concurrent.CancellationException}, ends the work and frees its
   * memory.
   */
  public Fisher progress(BiConsumer<Long, Long> listener) {
    return with(f -> f.subject = subject.told(listener));
  }

  /**
   * What computing {@link #as} will take, without computing it: one example is sent through the
   * network for its sizes.
   */
  public Plan plan(Representation... representations) {
    return new Planner(estimation()).plan(List.of(representations));
  }

  /** {@link #plan} of each of some representations by itself, from one look at the network. */
  public List<Plan> plansOfEach(List<Representation> representations) {
    Planner planner = new Planner(estimation());
    return representations.stream().map(r -> planner.plan(List.of(r))).toList();
  }

  /** What v^T F v, F v and the exact trace of the implicit matrix take, in this order. */
  public List<Plan> implicitPlans() {
    return new Planner(estimation()).implicitOperations();
  }

  /** Computes the matrix in one representation. */
  public PMat as(Representation representation) {
    return as(new Representation[] {representation}).get(0);
  }

  /** Computes the matrix in several representations, which share every forward and backward. */
  public List<PMat> as(Representation... representations) {
    return estimation().compute(List.of(representations));
  }

  private Estimation estimation() {
    return new Estimation(
        subject.pass(), metric, estimator, accumulateIn, subject.budget(), centred);
  }
}
