package io.nngeometry.fisher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nngeometry.data.Examples;
import io.nngeometry.engine.Scope;
import io.nngeometry.engine.Tensors;
import io.nngeometry.nn.Conv2d;
import io.nngeometry.nn.Flatten;
import io.nngeometry.nn.Linear;
import io.nngeometry.nn.Module;
import io.nngeometry.nn.ReLU;
import io.nngeometry.nn.Sequential;
import io.nngeometry.operators.PMat;
import io.nngeometry.vectors.PVector;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is said before a matrix is computed, and that a small budget changes how and not what. */
class PlanTest {
  private final Scope scope = Scope.open();

  private final Module net =
      new Sequential(
              new Conv2d(2, 8, 3),
              new ReLU(),
              new Conv2d(8, 8, 3),
              new Flatten(),
              new Linear(32, 4))
          .to(ScalarType.Double)
          .initialize(1);

  private final Fisher fisher =
      Fisher.of(net, Metric.categorical())
          .on(
              Examples.of(Tensors.randn(2, Tensors.options(ScalarType.Double), 24, 2, 6, 6))
                  .batches(24));

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void fewerExamplesAtATimeGiveTheSameMatrix() {
    for (Representation r :
        new Representation[] {
          Representation.KFAC, Representation.EKFAC, Representation.DIAG, Representation.QUASI_DIAG
        }) {
      Plan ample = fisher.plan(r);
      assertThat(ample.batch()).isEqualTo(24);
      MemoryBudget budget =
          new MemoryBudget((long) (ample.stored() * 2.1 + 4 * ample.perExample()));
      Plan scarce = fisher.memoryBudget(budget).plan(r);
      assertThat(scarce.batch()).as(r.name()).isBetween(3L, 12L);
      assertThat(scarce.fits()).as(r.name()).isTrue();
      PMat whole = fisher.as(r);
      PVector v = PVector.random(whole.layers(), 3);
      Tensor expected = whole.mv(v).tensor();
      Tensor difference = fisher.memoryBudget(budget).as(r).mv(v).tensor().sub(expected);
      assertThat(Tensors.item(difference.norm()))
          .as(r.name())
          .isLessThan(1e-10 * Tensors.item(expected.norm()));
    }
  }

  @Test
  void minibatchesAreReadAsPlannedAndOfAboutOneSize() {
    for (Representation r : List.of(Representation.KFAC, Representation.DIAG)) {
      Plan ample = fisher.plan(r);
      for (int fit = 4; fit < 24; fit++) {
        MemoryBudget budget =
            new MemoryBudget((long) (ample.stored() * 2.1 + fit * ample.perExample()));
        Fisher scarce = fisher.memoryBudget(budget);
        long planned = scarce.plan(r).batch();
        List<Long> read = new ArrayList<>(List.of(0L));
        scarce.progress((done, all) -> read.add(done)).as(r).close();
        String at = "%s, %d of 24 examples at a time".formatted(r.name(), planned);
        int times = read.size() - 1;
        for (int i = 1; i < times; i++) {
          assertThat(read.get(i) - read.get(i - 1)).as(at).isEqualTo(planned);
        }
        long last = read.get(times) - read.get(times - 1);
        assertThat(read.get(times)).as(at).isEqualTo(24);
        // no minibatch of few examples: what the ceilings leave, and a sixteenth
        assertThat(last).as(at).isBetween(planned - planned / 16 - times, planned);
      }
    }
  }

  @Test
  void noPlanReadsMoreExamplesThanThereAre() {
    Fisher few =
        Fisher.of(net, Metric.categorical())
            .on(
                Examples.of(Tensors.randn(2, Tensors.options(ScalarType.Double), 24, 2, 6, 6))
                    .batches(1000));
    assertThat(few.plan(Representation.KFAC).batch()).isEqualTo(24);
    assertThat(few.plan(Representation.lowRank(2)).batch()).isEqualTo(24);
    assertThat(few.implicitPlans()).allSatisfy(plan -> assertThat(plan.batch()).isEqualTo(24));
  }

  @Test
  void countsWhatIsStored() {
    long d = 2 * 8 * 9 + 8 + 8 * 8 * 9 + 8 + 32 * 4 + 4;
    assertThat(fisher.plan(Representation.DENSE).stored()).isEqualTo(8.0 * d * d);
    assertThat(fisher.plan(Representation.DIAG).stored()).isEqualTo(8.0 * d);
    // 24 examples and three columns of the root of the metric
    assertThat(fisher.plan(Representation.LOW_RANK).stored()).isEqualTo(8.0 * d * 24 * 3);
    assertThat(fisher.accumulateIn(ScalarType.Double).plan(Representation.DIAG).stored())
        .isEqualTo(8.0 * d);
  }

  @Test
  void countsTheWork() {
    Plan once = fisher.plan(Representation.EKFAC);
    assertThat(once.atOnce()).isTrue();
    assertThat(once.readings()).isEqualTo(1);
    MemoryBudget tight = new MemoryBudget((long) (3.5 * once.vectors()));
    Plan twice = fisher.memoryBudget(tight).plan(Representation.EKFAC);
    assertThat(twice.atOnce()).isFalse();
    assertThat(twice.readings()).isEqualTo(2);
    assertThat(twice.forwardBackwards()).isGreaterThan(once.forwardBackwards());
    assertThat(fisher.plan(Representation.KFAC).readings()).isEqualTo(1);
    double oneLabel =
        fisher.estimator(Estimator.monteCarlo(1, 0)).plan(Representation.KFAC).forwardBackwards();
    assertThat(fisher.plan(Representation.KFAC).forwardBackwards()).isGreaterThan(oneLabel);
    assertThat(fisher.implicitPlans().get(0).forwardBackwards())
        .isCloseTo(1, org.assertj.core.data.Offset.offset(1e-12));
    assertThat(fisher.implicitPlans().get(1).forwardBackwards())
        .isCloseTo(5 / 3.0, org.assertj.core.data.Offset.offset(1e-12));
  }

  @Test
  void everyReadingIsToldAndMayBeCutShort() {
    for (Representation r : List.of(Representation.EKFAC, Representation.lowRank(2))) {
      List<Long> told = new ArrayList<>();
      fisher.progress((done, all) -> told.add(all)).as(r).close();
      assertThat(told).as(r.name()).isNotEmpty().containsOnly(24L);
      Fisher cut =
          fisher.progress(
              (done, all) -> {
                throw new CancellationException("enough");
              });
      assertThatThrownBy(() -> cut.as(r)).as(r.name()).isInstanceOf(CancellationException.class);
    }
  }

  @Test
  void whatDoesNotFitIsRefusedBeforeItIsRead() {
    MemoryBudget budget = new MemoryBudget(1 << 20);
    assertThat(fisher.memoryBudget(budget).plan(Representation.DENSE).fits()).isFalse();
    assertThatThrownBy(() -> fisher.memoryBudget(budget).as(Representation.DENSE))
        .isInstanceOf(MemoryBudgetException.class)
        .hasMessageContaining("dense")
        .hasMessageContaining("1.0 MiB")
        .hasMessageContaining("diag");
  }

  @Test
  void budgetsAreReadAsPeopleWriteThem() {
    assertThat(MemoryBudget.parse("4GiB").bytes()).isEqualTo(4L << 30);
    assertThat(MemoryBudget.parse("1.5 MB").bytes()).isEqualTo(3L << 19);
    assertThat(MemoryBudget.parse("300").bytes()).isEqualTo(300);
    for (String none : new String[] {"", "GiB", "4 XB", "-1", "0", "1e400GiB"}) {
      assertThatThrownBy(() -> MemoryBudget.parse(none))
          .as(none)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("write 512MiB");
    }
  }
}
