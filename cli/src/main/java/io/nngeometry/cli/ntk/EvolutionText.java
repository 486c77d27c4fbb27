package io.nngeometry.cli.ntk;

import io.nngeometry.cli.console.Numbers;
import io.nngeometry.cli.console.TextTable;
import java.util.List;
import java.util.Locale;

/** The result for a terminal, and as lines of CSV. */
public record EvolutionText(Evolution results) {
  @Override
  public String toString() {
    TextTable table =
        TextTable.of(
            0, "step", "epoch", "test", "pair", "alignment", "centred", "from first", "rank");
    for (Evolution.Checkpoint c : results.checkpoints()) {
      table.row(
          List.of(
              Long.toString(c.step()),
              String.format(Locale.ROOT, "%.2f", c.epoch()),
              Numbers.percent(c.testAccuracy()),
              Numbers.percent(c.pairAccuracy()),
              Numbers.cosine(c.alignment()),
              Numbers.cosine(c.centredAlignment()),
              Numbers.cosine(c.distanceFromInitial()),
              String.format(Locale.ROOT, "%.1f", c.effectiveRank())));
    }
    return "kernel of f(%s) - f(%s) on %d and %d held-out examples%n%s"
        .formatted(
            results.classes().get(1),
            results.classes().get(0),
            results.examples().get(0),
            results.examples().get(1),
            table);
  }

  /** A line for each state. */
  public String csv() {
    StringBuilder csv =
        new StringBuilder(
            "file,step,epoch,test_accuracy,pair_accuracy,alignment,centred_alignment,distance_from_initial,distance_from_previous,effective_rank,mean_squared_norm\n");
    for (Evolution.Checkpoint c : results.checkpoints()) {
      csv.append(
          "%s,%d,%s,%s,%s,%s,%s,%s,%s,%s,%s\n"
              .formatted(
                  c.file(),
                  c.step(),
                  c.epoch(),
                  c.testAccuracy(),
                  c.pairAccuracy(),
                  c.alignment(),
                  c.centredAlignment(),
                  c.distanceFromInitial(),
                  c.distanceFromPrevious(),
                  c.effectiveRank(),
                  c.meanSquaredNorm()));
    }
    return csv.toString();
  }

  /** The examples on two components, at each state. */
  public static String components(Snapshots snapshots) {
    Classes classes = snapshots.classes().orElseThrow();
    StringBuilder csv = new StringBuilder("step,example,class,first,second\n");
    for (Snapshots.Snapshot s : snapshots.taken()) {
      for (int i = 0; i < s.first().length; i++) {
        csv.append(
            "%d,%d,%s,%s,%s\n"
                .formatted(
                    s.numbers().step(),
                    i,
                    classes.names().get(classes.labels().get(i)),
                    s.first()[i],
                    s.second()[i]));
      }
    }
    return csv.toString();
  }
}
