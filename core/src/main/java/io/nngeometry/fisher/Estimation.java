package io.nngeometry.fisher;

import io.nngeometry.data.Minibatch;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.layers.LayerCollection;
import io.nngeometry.operators.PMat;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Fills all the sums that some representations need in one reading of the examples, or two where
 * one needs eigenvectors first.
 *
 * @param pass model and examples
 * @param metric of the outputs
 * @param estimator how the metric becomes cotangents
 * @param accumulateIn type of running sums, or null for the model's
 * @param budget what matrices may take
 * @param centred whether the mean over examples is taken off every gradient
 */
record Estimation(
    Pass pass,
    Metric metric,
    Estimator estimator,
    @Nullable ScalarType accumulateIn,
    MemoryBudget budget,
    boolean centred) {

  LayerCollection layers() {
    return pass.layers();
  }

  PMat implicit() {
    return new ImplicitPMat(
        new Estimation(pass.quiet(), metric, estimator, accumulateIn, budget, centred));
  }

  List<PMat> compute(List<Representation> representations) {
    representations.forEach(r -> budget.check(r, layers(), bytesPerSum()));
    Types types = new Types(Tensors.options(pass.like()), sumType(), pass.data().size(), centred);
    try (Sums sums = new Sums(this, types)) {
      representations.forEach(r -> r.first(sums));
      if (sums.firstReading().isEmpty()) {
        sums.examples(pass.data().size());
      } else {
        Plan plan = new Planner(this).fitting(representations);
        Estimation planned = as(plan);
        if (plan.atOnce()) {
          planned.readOnce(sums, representations);
        } else {
          sums.examples(planned.read(sums.firstReading()));
          representations.forEach(r -> r.second(sums));
          planned.read(sums.secondReading());
        }
      }
      List<PMat> result = new ArrayList<>();
      representations.forEach(r -> result.add(r.assemble(sums)));
      return List.copyOf(result);
    }
  }

  /** The type of running sums. */
  private ScalarType sumType() {
    return accumulateIn == null ? pass.dtype() : accumulateIn;
  }

  /** Bytes of a number of a running sum. */
  int bytesPerSum() {
    return sumType() == ScalarType.Double ? 8 : 4;
  }

  /** The same, with as many examples at a time as planned. */
  Estimation as(Plan plan) {
    Pass planned = pass.over(pass.data().batches(plan.batch()));
    return new Estimation(planned, metric, estimator, accumulateIn, budget, centred);
  }

  /** One reading of the examples, if there is a sum to fill; returns how many there are. */
  long read(Collection<? extends Accumulator> accumulators) {
    if (accumulators.isEmpty()) {
      return pass.data().size();
    }
    AtomicLong seen = new AtomicLong();
    Filling filling = new Filling(accumulators);
    pass.forEachRecorded(
        recorded -> {
          filling.fill(recorded, cotangents(recorded.outputs(), recorded.batch()));
          seen.addAndGet(recorded.size());
        });
    return seen.get();
  }

  /** Both readings, with one backward for each cotangent: the second is of what the first held. */
  private void readOnce(Sums sums, List<Representation> representations) {
    List<HeldBatch> held = new ArrayList<>();
    try {
      Filling first = new Filling(sums.firstReading());
      pass.forEachRecorded(
          recorded -> {
            Cotangents cotangents = cotangents(recorded.outputs(), recorded.batch());
            HeldBatch batch = new HeldBatch(cotangents.count());
            held.add(batch);
            first.fill(recorded, cotangents, batch);
          });
      sums.examples(pass.data().size());
      representations.forEach(r -> r.second(sums));
      Filling second = new Filling(sums.secondReading());
      for (HeldBatch batch : held) {
        try (Scope scope = Scope.open()) {
          second.fill(batch);
        }
      }
    } finally {
      held.forEach(HeldBatch::close);
    }
  }

  /** The cotangents of one minibatch. */
  Cotangents cotangents(Tensor outputs, Minibatch batch) {
    return estimator.cotangents(metric, outputs, batch);
  }
}
