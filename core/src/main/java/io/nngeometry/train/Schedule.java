package io.nngeometry.train;

import java.util.List;

/** The learning rate as a function of the step, a minibatch, counted from zero. */
@FunctionalInterface
public interface Schedule {
  /** The learning rate of step {@code step}. */
  double at(long step);

  /** The same at every step. */
  static Schedule constant(double rate) {
    return step -> rate;
  }

  /** {@code rate}, multiplied by {@code factor} after every {@code every} steps. */
  static Schedule step(double rate, long every, double factor) {
    requirePositive("every", every);
    return step -> rate * Math.pow(factor, step / every);
  }

  /** {@code rate}, multiplied by {@code factor} at every step of {@code milestones}. */
  static Schedule milestones(double rate, List<Long> milestones, double factor) {
    List<Long> at = List.copyOf(milestones);
    return step -> rate * Math.pow(factor, at.stream().filter(m -> step >= m).count());
  }

  /**
   * From {@code rate} down to {@code last} along half a cosine over {@code steps}, then constant.
   */
  static Schedule cosine(double rate, double last, long steps) {
    requirePositive("steps", steps);
    return step -> {
      double done = Math.min(1, (double) step / steps);
      return last + (rate - last) * (1 + Math.cos(Math.PI * done)) / 2;
    };
  }

  /**
   * First {@code steps} steps that rise linearly to this schedule's first rate, then this schedule.
   */
  default Schedule afterWarmup(long steps) {
    requirePositive("steps", steps);
    return step -> step < steps ? at(0) * (step + 1) / (steps + 1) : at(step - steps);
  }

  private static void requirePositive(String what, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(what + " must be at least 1, got " + value);
    }
  }
}
