package io.nngeometry.benchmarks;

import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Something to measure.
 *
 * @param name as the command line takes it
 * @param worthwhile whether it is part of {@code all} in a setting: whether it fits in memory
 * @param prepare does what is not measured and returns what is
 */
record Operation(String name, Predicate<Setting> worthwhile, Preparation prepare) {

  /** Makes the measured part. */
  interface Preparation {
    /** Does what is not measured. */
    Runnable in(Setting setting);
  }

  /** An operation that needs no preparation and is always worthwhile. */
  static Operation of(String name, Consumer<Setting> body) {
    return prepared(name, setting -> () -> body.accept(setting));
  }

  /** An operation that is always worthwhile. */
  static Operation prepared(String name, Preparation prepare) {
    return new Operation(name, setting -> true, prepare);
  }

  /** The same operation, part of {@code all} where {@code condition} holds. */
  Operation onlyIf(Predicate<Setting> condition) {
    return new Operation(name, condition, prepare);
  }
}
