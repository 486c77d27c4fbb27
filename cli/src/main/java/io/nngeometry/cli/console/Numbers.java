package io.nngeometry.cli.console;

import java.util.Locale;

/** Numbers as people read them. */
public final class Numbers {
  private static final double MILLI = 1e-3;
  private static final int MINUTE = 60;

  private Numbers() {}

  /** An error or a damping, in two digits. */
  public static String error(double x) {
    if (x == 0) {
      return "0";
    }
    return String.format(Locale.ROOT, x < MILLI ? "%.1e" : "%.2g", x);
  }

  /** A count, with its thousands apart. */
  public static String grouped(long x) {
    return String.format(Locale.ROOT, "%,d", x);
  }

  /** A cosine. */
  public static String cosine(double x) {
    return String.format(Locale.ROOT, "%.4f", x);
  }

  /** A share of one. */
  public static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f%%", 100 * share);
  }

  /** A duration in the unit that reads best. */
  public static String seconds(double seconds) {
    if (seconds < MILLI) {
      return String.format(Locale.ROOT, "%.0f µs", seconds / MILLI / MILLI);
    }
    if (seconds < 1) {
      return String.format(Locale.ROOT, "%.0f ms", seconds / MILLI);
    }
    if (seconds < MINUTE) {
      return String.format(Locale.ROOT, "%.1f s", seconds);
    }
    long whole = Math.round(seconds);
    return "%d min %d s".formatted(whole / MINUTE, whole % MINUTE);
  }
}
