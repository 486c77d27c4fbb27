package io.nngeometry.plot;

import java.util.ArrayList;
import java.util.List;

/**
 * Cells along a side of a heat map that stand together, such as the examples of a class: each group
 * is named at its middle and parted from the next by a line.
 *
 * @param names of the groups, in order
 * @param sizes how many cells each has, at least one
 */
public record Groups(List<String> names, List<Integer> sizes) {
  /** No groups: cells are numbered. */
  public static final Groups NONE = new Groups(List.of(), List.of());

  /** Checks that every group has a name and a cell. */
  public Groups {
    names = List.copyOf(names);
    sizes = List.copyOf(sizes);
    if (names.size() != sizes.size() || sizes.stream().anyMatch(s -> s < 1)) {
      throw new IllegalArgumentException(
          "groups: as many positive sizes as names expected, got " + sizes + " for " + names);
    }
  }

  /**
   * Runs of equal classes.
   *
   * @param classes of the cells in order, each the index of its name
   */
  public static Groups of(int[] classes, List<String> names) {
    List<String> found = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    for (int i = 0; i < classes.length; i++) {
      if (i > 0 && classes[i] == classes[i - 1]) {
        sizes.set(sizes.size() - 1, sizes.get(sizes.size() - 1) + 1);
      } else {
        found.add(names.get(classes[i]));
        sizes.add(1);
      }
    }
    return new Groups(found, sizes);
  }

  boolean isEmpty() {
    return names.isEmpty();
  }

  int cells() {
    return sizes.stream().mapToInt(Integer::intValue).sum();
  }

  /** How many cells come before each group but the first: where a line is drawn. */
  List<Integer> boundaries() {
    List<Integer> boundaries = new ArrayList<>();
    int before = 0;
    for (int k = 0; k + 1 < sizes.size(); k++) {
      before += sizes.get(k);
      boundaries.add(before);
    }
    return boundaries;
  }
}
