package io.nngeometry.models.data;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which examples are read, in which order, and what becomes of pictures on the way.
 *
 * @param part the part, or null for what suits the source: the test part if it has one, else all
 * @param seed of the split where the source has none of its own, and of the order
 * @param shuffled whether the order is random
 * @param first how many at the most, in that order
 * @param framing size and colour of pictures
 * @param threads that decode pictures
 */
public record Selection(
    @Nullable Part part, long seed, boolean shuffled, long first, Framing framing, int threads) {

  /** What suits the source, in its own order, as it is. */
  public static final Selection DEFAULT =
      new Selection(
          null,
          0,
          false,
          Long.MAX_VALUE,
          Framing.AS_IS,
          Runtime.getRuntime().availableProcessors());

  /** Checks numbers. */
  public Selection {
    Objects.requireNonNull(framing, "framing");
    if (first < 1 || threads < 1) {
      throw new IllegalArgumentException(
          "a selection needs an example and a thread, not %d and %d".formatted(first, threads));
    }
  }

  /** The examples to train on. */
  public static Selection train() {
    return DEFAULT.part(Part.TRAIN);
  }

  /** The held-out examples. */
  public static Selection test() {
    return DEFAULT.part(Part.TEST);
  }

  /** All examples. */
  public static Selection all() {
    return DEFAULT.part(Part.ALL);
  }

  /** The same of another part; null for what suits the source. */
  public Selection part(@Nullable Part other) {
    return new Selection(other, seed, shuffled, first, framing, threads);
  }

  /** The same with another seed. */
  public Selection seed(long other) {
    return new Selection(part, other, shuffled, first, framing, threads);
  }

  /** The same in a random order, which the seed decides. */
  public Selection shuffle() {
    return new Selection(part, seed, true, first, framing, threads);
  }

  /** The first {@code count} of these, or all if there are fewer. */
  public Selection first(long count) {
    return new Selection(part, seed, shuffled, count, framing, threads);
  }

  /** The same with pictures of this size and colour. */
  public Selection framed(Framing other) {
    return new Selection(part, seed, shuffled, first, other, threads);
  }

  /** The same, decoded by so many threads. */
  public Selection threads(int count) {
    return new Selection(part, seed, shuffled, first, framing, count);
  }
}
