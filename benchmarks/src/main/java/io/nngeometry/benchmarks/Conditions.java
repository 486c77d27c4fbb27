package io.nngeometry.benchmarks;

import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What measurements must share to be set beside each other.
 *
 * @param workload its name
 * @param n number of examples
 * @param c number of outputs
 * @param threads threads that one tensor operation may use
 * @param clock what counts as time
 * @param environment variables of the process, where they were chosen
 */
record Conditions(
    String workload, long n, long c, int threads, Clock clock, @Nullable Environment environment) {

  /** A row's. */
  static Conditions of(Row row) {
    return new Conditions(
        row.workload(), row.n(), row.c(), row.threads(), row.clock(), row.environment());
  }

  /** The same in another environment. */
  Conditions in(Environment other) {
    return new Conditions(workload, n, c, threads, clock, other);
  }

  /** The same with another number of threads. */
  Conditions with(int other) {
    return new Conditions(workload, n, c, other, clock, environment);
  }

  /** For a reader. */
  String words() {
    return Stream.of(
            String.format(Locale.ROOT, "**%s**, n = %d, c = %d", workload, n, c),
            threads == 1 ? "1 thread" : threads + " threads",
            clock == Clock.WALL ? "" : "processor time",
            environment == null ? "" : environment.words())
        .filter(part -> !part.isEmpty())
        .collect(Collectors.joining(", "));
  }
}
