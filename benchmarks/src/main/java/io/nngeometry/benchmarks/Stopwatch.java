package io.nngeometry.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Measures an operation between forward-and-backward passes over the same examples, so that a drift
 * of the machine's speed touches both.
 *
 * @param warmUpSeconds for how long to repeat both unmeasured, at least once: until the compiler of
 *     the JVM has seen a small network's calls often enough, they take several times as long
 * @param reps repetitions
 * @param maxSeconds no further repetition begins once the operation has taken so long in all
 * @param clock what counts as time
 */
record Stopwatch(double warmUpSeconds, int reps, double maxSeconds, Clock clock) {

  /** The warm-up, then the repetitions; a failure becomes a row that tells it. */
  Row measure(Operation operation, Setting setting, int threads) {
    List<Double> times = new ArrayList<>();
    List<Double> units = new ArrayList<>();
    String failed = null;
    try {
      Runnable body = operation.prepare().in(setting);
      double warm = 0;
      do {
        warm += seconds(body) + unit(setting);
      } while (warm < warmUpSeconds);
      units.add(unit(setting));
      double total = 0;
      while (times.size() < reps && total <= maxSeconds) {
        double t = seconds(body);
        times.add(t);
        total += t;
        units.add(unit(setting));
      }
    } catch (RuntimeException e) {
      failed = e.toString().lines().findFirst().orElse("");
    }
    return row(operation, setting, threads, times, units, failed);
  }

  private double unit(Setting setting) {
    return seconds(() -> Passes.forwardAndBackward(setting));
  }

  private double seconds(Runnable body) {
    long start = clock.nanoseconds();
    body.run();
    return (clock.nanoseconds() - start) / 1e9;
  }

  private Row row(
      Operation operation,
      Setting setting,
      int threads,
      List<Double> times,
      List<Double> units,
      @org.jspecify.annotations.Nullable String failed) {
    boolean done = failed == null && !times.isEmpty();
    double op = median(times);
    double unit = median(units);
    return new Row(
        Row.OURS,
        setting.workload().name(),
        operation.name(),
        setting.data().size(),
        setting.workload().classes(),
        setting.layers().size(),
        threads,
        clock,
        null,
        done ? rounded(op, 1e6) : null,
        done ? rounded(times.stream().mapToDouble(t -> t).min().orElseThrow(), 1e6) : null,
        done ? rounded(times.stream().mapToDouble(t -> t).max().orElseThrow(), 1e6) : null,
        done ? rounded(unit, 1e6) : null,
        done ? rounded(op / unit, 1e3) : null,
        done ? times.size() : null,
        peakMegabytes().orElse(null),
        failed);
  }

  static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(v -> v).sorted().toArray();
    if (sorted.length == 0) {
      return Double.NaN;
    }
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  private static double rounded(double value, double perUnit) {
    return Math.round(value * perUnit) / perUnit;
  }

  /** The process's greatest resident memory, where the system tells. */
  static Optional<Long> peakMegabytes() {
    Path status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) {
      return Optional.empty();
    }
    try {
      return Files.readAllLines(status).stream()
          .filter(line -> line.startsWith("VmHWM:"))
          .map(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
