package io.nngeometry.benchmarks;

import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Something to measure.
 *
 * @param name as the command line takes it
 * @param fits whether it fits in the memory that a measurement may take
 * @param prepare does what is not measured and returns what is
 * @param bound what it cannot do without
 */
record Operation(String name, Predicate<Setting> fits, Preparation prepare, LowerBound bound) {

  /** Makes the measured part. */
  interface Preparation {
    /** Does what is not measured. */
    Runnable in(Setting setting);
  }

  /** An operation that needs no preparation and fits always. */
  static Operation of(String name, Consumer<Setting> body) {
    return prepared(name, setting -> () -> body.accept(setting));
  }

  /** An operation that fits always. */
  static Operation prepared(String name, Preparation prepare) {
    return new Operation(name, setting -> true, prepare, LowerBound.UNKNOWN);
  }

  /** The same operation, which fits where {@code condition} holds. */
  Operation onlyIf(Predicate<Setting> condition) {
    return new Operation(name, condition, prepare, bound);
  }

  /** The same operation, which cannot do without {@code least}. */
  Operation bounded(LowerBound least) {
    return new Operation(name, fits, prepare, least);
  }

  /** The setting's number of examples, halved until it fits; empty if a single one does not. */
  OptionalLong examples(Setting setting) {
    for (long n = setting.data().size(); n > 0; n /= 2) {
      if (fits.test(setting.first(n))) {
        return OptionalLong.of(n);
      }
    }
    return OptionalLong.empty();
  }
}
