package io.nngeometry.fisher;

import io.nngeometry.layers.LayerCollection;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The bytes that matrices may take. Asked before anything is allocated.
 *
 * @param bytes the limit
 */
public record MemoryBudget(long bytes) {
  private static final Pattern WRITTEN =
      Pattern.compile("(\\d+(?:\\.\\d+)?) *(?:([kmgtKMGT])i?)?[bB]?");
  private static final String[] UNITS = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  /** Seven tenths of the machine's memory, or of the container's. */
  public static MemoryBudget ofMachine() {
    return Machine.BUDGET;
  }

  /** Asked once: the container's limits are in files. */
  private static final class Machine {
    static final MemoryBudget BUDGET = new MemoryBudget(memory() / 10 * 7);

    private static long memory() {
      var system = java.lang.management.ManagementFactory.getOperatingSystemMXBean();
      return system instanceof com.sun.management.OperatingSystemMXBean os
          ? os.getTotalMemorySize()
          : Runtime.getRuntime().maxMemory();
    }
  }

  /**
   * A budget as people write it: {@code 512MiB}, {@code 4 GiB}, {@code 6GB} (the same unit), or
   * bytes.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static MemoryBudget parse(String text) {
    Matcher matcher = WRITTEN.matcher(text.strip());
    if (matcher.matches()) {
      int power =
          matcher.group(2) == null ? 0 : " KMGT".indexOf(matcher.group(2).toUpperCase(Locale.ROOT));
      double bytes = Double.parseDouble(matcher.group(1)) * Math.pow(1024, power);
      if (bytes >= 1 && bytes < Long.MAX_VALUE) {
        return new MemoryBudget((long) bytes);
      }
    }
    throw new IllegalArgumentException(
        "'%s' is no amount of memory: write 512MiB, 4GiB, or bytes".formatted(text));
  }

  /** Fails if {@code needed} bytes are more than the budget. */
  void check(String what, double needed, String instead) {
    if (needed > bytes) {
      throw new MemoryBudgetException(
          "%s needs %s, more than the budget of %s: %s"
              .formatted(what, human(needed), human(bytes), instead));
    }
  }

  /** Fails if a matrix over {@code layers} does not fit, naming those that do. */
  void check(Representation representation, LayerCollection layers, int bytesPerNumber) {
    double stored = (double) representation.least(layers) * bytesPerNumber;
    if (stored <= bytes) {
      return;
    }
    List<String> fitting = new ArrayList<>();
    for (Representation other : Representation.byName().values()) {
      double needed = (double) other.elements(layers, 0) * bytesPerNumber;
      if (needed <= bytes) {
        fitting.add("%s (%s)".formatted(other.name(), human(needed)));
      }
    }
    check(
        "a %s matrix over %s".formatted(representation.name(), layers),
        stored,
        "what fits is " + String.join(", ", fitting));
  }

  /** Bytes in the unit that reads best. */
  public static String human(double bytes) {
    int unit = 0;
    double value = bytes;
    while (value >= 1024 && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", value, UNITS[unit]);
  }
}
