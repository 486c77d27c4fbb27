package io.nngeometry.fisher;

import io.nngeometry.layers.LayerCollection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Predicts what matrices take and chooses how many examples are read at a time: as many as the data
 * has in a minibatch, but no more than work in a {@link #workingSet}, where more would hardly be
 * faster, or in what the budget leaves.
 */
final class Planner {
  /**
   * Bytes of a minibatch at work, beyond which more examples at a time gain nothing, unless what is
   * stored takes more: adding to it is paid once a minibatch.
   */
  private static final double WORKING_SET = 160L << 20;

  /**
   * Examples below which a backward costs more for each: a quarter where two threads have half as
   * many. For so many a minibatch may take twice the bytes.
   */
  private static final double FEW = 28;

  /**
   * A minibatch reads all weights, which are to be little beside what its examples take: so many
   * times the weights' bytes may work.
   */
  private static final double WEIGHTS = 5;

  /** By how much a minibatch may exceed its working set, so that all are about of one size. */
  private static final double MORE = 1.125;

  /** What the last minibatch lacks of one: its tensors fit where those of another were. */
  private static final double LAST = 1.0 / 16;

  /** The share of the budget that may hold what a second reading would compute again. */
  private static final double TO_SPARE = 0.25;

  /**
   * What several minibatches take over one: what is kept of each lies between what is not, and the
   * next finds holes: 0.95 to 1.2, measured.
   */
  private static final double HOLES = 1.07;

  private final Estimation estimation;
  private final Footprint footprint;
  private final double bytesPerNumber;
  private final double bytesPerSum;

  Planner(Estimation estimation) {
    this.estimation = estimation;
    this.footprint = Footprint.of(estimation);
    bytesPerNumber = estimation.pass().like().element_size();
    bytesPerSum = estimation.bytesPerSum();
  }

  /** What computing some representations in one pass takes. */
  Plan plan(List<Representation> representations) {
    // signals that are held for a second reading need not come part by part
    Plan held = plan(representations, footprint.undivided(), true);
    return held.atOnce() ? held : plan(representations, footprint, false);
  }

  private Plan plan(List<Representation> representations, Footprint read, boolean mayHold) {
    LayerCollection layers = estimation.layers();
    long n = estimation.pass().data().size();
    GradientCount count = new GradientCount(n, footprint.cotangents(), estimation.centred());
    double stored = 0;
    double finishing = 0;
    Need recorded = Need.NOTHING;
    Need signals = Need.NOTHING;
    Need linearised = Need.NOTHING;
    double vectors = 0;
    int readings = 0;
    int passes = 0;
    for (Representation r : representations) {
      Work work = r.work(read);
      double bytes = bytesPerSum * (double) r.elements(layers, footprint.layers(), count);
      stored += bytes;
      finishing += bytes * r.copies();
      vectors = Math.max(vectors, bytesPerNumber * work.vectors() * layers.size());
      if (work.recorded()) {
        recorded = recorded.and(work.need());
        signals = signals.orMore(work.signals());
        readings = Math.max(readings, work.readings());
      } else {
        linearised = work.need();
        passes += work.readings();
      }
    }
    double perExample = 0;
    double flops = recorded.flops() + linearised.flops();
    if (readings > 0) {
      perExample = read.recorded().and(recorded).and(signals).numbers();
      flops += readings * footprint.forward() * (1 + footprint.cotangents());
    }
    perExample = Math.max(perExample, linearised.numbers()) * bytesPerNumber;
    double left = estimation.budget().bytes() - stored - vectors;
    double most = most(left / HOLES, perExample);
    // products with vectors read minibatches as the data has them
    long batch =
        readings > 0
            ? batch(Math.max(workingSet(perExample), stored), most, perExample)
            : (long) most;
    double holes = batch < n ? HOLES : 1;
    perExample *= holes;
    double all = holes * bytesPerNumber * n * footprint.held();
    boolean atOnce =
        mayHold
            && readings > 1
            && footprint.cotangents() <= Filling.MOST
            && all <= Math.min(left - batch * perExample, estimation.budget().bytes() * TO_SPARE);
    if (atOnce) {
      vectors += all;
      flops -= (readings - 1) * footprint.forward() * (1 + footprint.cotangents());
      readings = 1;
    }
    return new Plan(
        representations.stream().map(Representation::name).collect(Collectors.joining(", ")),
        batch,
        stored,
        vectors,
        finishing,
        perExample,
        flops / (3 * footprint.forward()),
        readings + passes,
        atOnce,
        estimation.budget());
  }

  private double workingSet(double perExample) {
    double few = Math.min(FEW * perExample, 2 * WORKING_SET);
    double weights = WEIGHTS * bytesPerNumber * estimation.layers().size();
    return Math.max(Math.max(WORKING_SET, few), weights);
  }

  /** How many examples the first minibatch of the data has. */
  private long minibatch() {
    return Math.min(estimation.pass().data().batchSize(), estimation.pass().data().size());
  }

  /** As many examples of a minibatch of the data as fit in {@code bytes}. */
  private double most(double bytes, double perExample) {
    double all = estimation.pass().fallback() ? 1 : minibatch();
    return Math.max(1, Math.min(all, Math.floor(bytes / Math.max(1, perExample))));
  }

  /**
   * How many of {@code most} examples work in about {@code target} bytes: rather an eighth more
   * than a few examples at the end.
   */
  private long batch(double target, double most, double perExample) {
    double some = Math.max(1, Math.min(most, Math.floor(MORE * target / Math.max(1, perExample))));
    double n = Math.max(1, estimation.pass().data().size());
    double even = Math.ceil(n / (Math.ceil(n / some) - LAST));
    return (long) Math.min(most, even);
  }

  /**
   * What operations on the implicit matrix take, each a reading of the examples: v^T F v, F v (so a
   * step of conjugate gradients or Lanczos) and the exact trace.
   */
  List<Plan> implicitOperations() {
    double d = estimation.layers().size();
    Need tangents = footprint.linearised();
    Need noGraph = new Need(tangents.kept() * 2 / 3, tangents.passing(), 3 * footprint.forward());
    long most = minibatch();
    return List.of(
        operation("v^T F v", most, noGraph, d),
        operation("F v", most, footprint.products(1), 5 * d),
        trace());
  }

  /** What the exact trace takes. */
  Plan trace() {
    Need norms =
        footprint
            .recorded()
            .and(footprint.gradients().all())
            .and(new Need(0, 0, footprint.forward() * (1 + footprint.cotangents())));
    double perExample = bytesPerNumber * norms.numbers();
    double most = most(estimation.budget().bytes(), perExample);
    long batch = batch(workingSet(perExample), most, perExample);
    return operation("trace", batch, norms, 0);
  }

  private Plan operation(String name, long batch, Need need, double vectors) {
    double perExample = bytesPerNumber * need.numbers();
    return new Plan(
        name,
        batch,
        0,
        bytesPerNumber * vectors,
        0,
        perExample,
        need.flops() / (3 * footprint.forward()),
        1,
        false,
        estimation.budget());
  }

  /**
   * The plan, if it fits.
   *
   * @throws MemoryBudgetException with the bytes it needs and the representations that fit
   */
  Plan fitting(List<Representation> representations) {
    Plan plan = plan(representations);
    if (!plan.fits()) {
      String others =
          Representation.byName().values().stream()
              .map(r -> plan(List.of(r)))
              .filter(Plan::fits)
              .map(p -> "%s (%s)".formatted(p.representation(), MemoryBudget.human(p.peak())))
              .collect(Collectors.joining(", "));
      plan.budget()
          .check(
              "%s over %s, %d examples at a time,"
                  .formatted(plan.representation(), estimation.layers(), plan.batch()),
              plan.peak(),
              Optional.of(others).filter(s -> !s.isEmpty()).orElse("nothing else") + " would fit");
    }
    return plan;
  }
}
