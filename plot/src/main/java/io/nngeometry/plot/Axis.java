package io.nngeometry.plot;

import org.jspecify.annotations.Nullable;

/**
 * An axis: its label, its scale, and optionally its limits.
 *
 * <p>A logarithmic axis has no place for zero. Values at or below its floor are drawn at the floor,
 * hollow, and the floor's tick reads "≤".
 *
 * @param label what is measured, with its unit
 * @param scale how values map to lengths
 * @param floor the least value a logarithmic axis shows; ignored by a linear one
 * @param limits the ends of the axis, or null to fit the data
 */
public record Axis(String label, Scale scale, double floor, @Nullable Limits limits) {
  /** The floor of a logarithmic axis unless another is given: about the rounding of a double. */
  public static final double DEFAULT_FLOOR = 1e-16;

  /** How values map to lengths. */
  public enum Scale {
    /** Equal differences have equal lengths. */
    LINEAR,
    /** Equal ratios have equal lengths. */
    LOG
  }

  /**
   * The two ends of an axis.
   *
   * @param low the lower end
   * @param high the upper end, greater than the lower
   */
  public record Limits(double low, double high) {
    /** Checks the order. */
    public Limits {
      if (!(Double.isFinite(low) && Double.isFinite(high) && low < high)) {
        throw new IllegalArgumentException(
            "limits: two finite numbers in ascending order expected, got " + low + ", " + high);
      }
    }
  }

  /** Checks the floor and the limits. */
  public Axis {
    if (!(floor > 0) || Double.isInfinite(floor)) {
      throw new IllegalArgumentException("floor: a positive number expected, got " + floor);
    }
    if (scale == Scale.LOG && limits != null && limits.low() <= 0) {
      throw new IllegalArgumentException(
          "limits: a logarithmic axis needs positive ends, got " + limits.low());
    }
  }

  /** A linear axis that fits the data. */
  public static Axis linear(String label) {
    return new Axis(label, Scale.LINEAR, DEFAULT_FLOOR, null);
  }

  /** A base-10 logarithmic axis that fits the data, with the {@link #DEFAULT_FLOOR}. */
  public static Axis log(String label) {
    return new Axis(label, Scale.LOG, DEFAULT_FLOOR, null);
  }

  /** This axis with fixed ends; data beyond them is cut off. */
  public Axis between(double low, double high) {
    return new Axis(label, scale, floor, new Limits(low, high));
  }

  /** This axis with another floor. */
  public Axis withFloor(double value) {
    return new Axis(label, scale, value, limits);
  }

  boolean isLog() {
    return scale == Scale.LOG;
  }

  /** Whether a value has to be drawn at the floor instead of its own place. */
  boolean clamps(double value) {
    return isLog() && value <= floor;
  }

  /** The value to draw. */
  double place(double value) {
    return isLog() ? Math.max(value, floor) : value;
  }
}
