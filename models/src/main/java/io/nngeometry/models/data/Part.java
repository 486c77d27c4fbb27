package io.nngeometry.models.data;

import java.util.Arrays;
import java.util.Locale;

/** Which examples of a data set. */
public enum Part {
  /** Those to train on. */
  TRAIN,

  /** Those that training never sees. */
  TEST,

  /** Both, those to train on first. */
  ALL;

  /**
   * The part called {@code word}: {@code train}, {@code test} or {@code all}.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Part of(String word) {
    return Arrays.stream(values())
        .filter(part -> part.toString().equals(word.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no part '%s' of a data set; there are train, test and all".formatted(word)));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
