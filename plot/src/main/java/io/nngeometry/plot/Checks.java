package io.nngeometry.plot;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Argument checks that name the argument. */
final class Checks {
  private Checks() {}

  static void notEmpty(String argument, Collection<?> values) {
    if (values.isEmpty()) {
      throw new IllegalArgumentException(argument + ": at least one expected, got none");
    }
  }

  static void finite(String argument, double[] values) {
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        throw new IllegalArgumentException(
            argument + ": finite numbers expected, got " + values[i] + " at index " + i);
      }
    }
  }

  static void sameLength(String argument, double[] values, int length) {
    if (values.length != length) {
      throw new IllegalArgumentException(
          argument + ": " + length + " numbers expected, as many as x, got " + values.length);
    }
  }

  static void distinct(String argument, List<String> names) {
    Set<String> seen = new HashSet<>();
    for (String name : names) {
      if (name.isBlank()) {
        throw new IllegalArgumentException(argument + ": a name is blank");
      }
      if (!seen.add(name)) {
        throw new IllegalArgumentException(argument + ": \"" + name + "\" occurs twice");
      }
    }
  }
}
