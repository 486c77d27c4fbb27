package io.nngeometry.cli;

import io.nngeometry.fisher.MemoryBudget;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Checks of option values, with errors that name the option. */
record Check(CommandLine command) {

  /** At least {@code least}. */
  long atLeast(String option, long value, long least) {
    return require(value >= least, value, "%s must be at least %d".formatted(option, least));
  }

  /** From {@code least} to {@code most}. */
  long between(String option, long value, long least, long most) {
    return require(
        value >= least && value <= most,
        value,
        "%s must be from %d to %d".formatted(option, least, most));
  }

  /** Finite and above zero. */
  double positive(String option, double value) {
    return require(
        value > 0 && Double.isFinite(value), value, option + " must be a number above zero");
  }

  /** Finite and not below zero. */
  double notNegative(String option, double value) {
    return require(
        value >= 0 && Double.isFinite(value), value, option + " must be a number of at least zero");
  }

  /** From zero until, without, one. */
  double belowOne(String option, double value) {
    return require(value >= 0 && value < 1, value, option + " must be from 0 to below 1");
  }

  /** An amount of memory; the machine's where there is none. */
  MemoryBudget memory(String option, @Nullable String written) {
    if (written == null) {
      return MemoryBudget.ofMachine();
    }
    try {
      return MemoryBudget.parse(written);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command, option + ": " + e.getMessage(), e);
    }
  }

  private <N extends Number> N require(boolean holds, N value, String rule) {
    if (!holds) {
      throw new ParameterException(command, "%s, got %s".formatted(rule, value));
    }
    return value;
  }
}
