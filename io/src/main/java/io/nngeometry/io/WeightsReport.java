package io.nngeometry.io;

import java.util.ArrayList;
import java.util.List;

/**
 * How the tensors of a file fit a network.
 *
 * @param missing names that the network has and the file has not
 * @param unexpected names that the file has and the network has not
 * @param shapes names whose shapes differ, with both
 * @param types names whose element types differ, with both
 */
public record WeightsReport(
    List<String> missing, List<String> unexpected, List<String> shapes, List<String> types) {

  /** Copies the lists. */
  public WeightsReport {
    missing = List.copyOf(missing);
    unexpected = List.copyOf(unexpected);
    shapes = List.copyOf(shapes);
    types = List.copyOf(types);
  }

  /** Whether all names, shapes and types are the same. */
  public boolean fits() {
    return missing.isEmpty() && unexpected.isEmpty() && shapes.isEmpty() && types.isEmpty();
  }

  @Override
  public String toString() {
    List<String> parts = new ArrayList<>();
    add(parts, "missing", missing);
    add(parts, "unexpected", unexpected);
    add(parts, "of other shapes", shapes);
    add(parts, "of other types", types);
    return parts.isEmpty() ? "all fit" : String.join("; ", parts);
  }

  private static void add(List<String> parts, String what, List<String> names) {
    if (!names.isEmpty()) {
      parts.add(what + ": " + String.join(", ", names));
    }
  }
}
